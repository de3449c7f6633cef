/** A task's instructions: Markdown from the catalogue, sanitised to text markup. */

import DOMPurify from "dompurify";
import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { Marked } from "marked";
import { getTask } from "../../api.ts";
import type { TaskView } from "../../contracts.ts";
import { base } from "../../design/styles.ts";

const ALLOWED_TAGS = [
  "p",
  "ul",
  "ol",
  "li",
  "code",
  "pre",
  "em",
  "strong",
  "h1",
  "h2",
  "h3",
  "h4",
  "blockquote",
  "table",
  "thead",
  "tbody",
  "tr",
  "th",
  "td",
  "br",
  "hr",
  "del",
];

/** Shows HTML in the Markdown as source, and links and images as their text. */
const markdown = new Marked({
  async: false,
  renderer: {
    html: ({ text }) => escapeHtml(text),
    link({ tokens }) {
      return this.parser.parseInline(tokens);
    },
    image: ({ text }) => escapeHtml(text),
  },
});

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

@customElement("task-instructions")
export class TaskInstructions extends LitElement {
  static override styles = [
    base,
    css`
      summary { cursor: pointer; padding: 10px 14px; font-weight: 620; }
      .text { padding: 0 14px 14px; max-width: 84ch; overflow-wrap: anywhere; }
      .text > * { margin: 0 0 10px; }
      .text pre { background: var(--sunken); padding: 10px 12px; border-radius: 5px; overflow-x: auto; }
      .text h1, .text h2, .text h3 { font-size: 15px; margin-top: 14px; }
      .properties { padding: 0 14px 10px; }
    `,
  ];

  @property() taskId = "";
  @state() private task: TaskView | null = null;

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("taskId") || !this.taskId) return;
    getTask(this.taskId)
      .then((task) => {
        this.task = task;
      })
      .catch(() => {
        this.task = null;
      });
  }

  override render() {
    const { task } = this;
    if (!task) return nothing;
    const clean = DOMPurify.sanitize(markdown.parse(task.instructions) as string, {
      ALLOWED_TAGS,
      ALLOWED_ATTR: [],
    });
    const { difficulty, language, tags, solver, impossible } = task;
    const properties = [difficulty, language, ...tags, `solver ${solver}`].filter(Boolean).join(" · ");
    return html`<details>
      <summary>Task: ${task.title}</summary>
      <p class="properties quiet">${properties}</p>
      ${impossible ? html`<p class="properties">Impossible: ${impossible}</p>` : nothing}
      <div class="text">${unsafeHTML(clean)}</div>
    </details>`;
  }
}
