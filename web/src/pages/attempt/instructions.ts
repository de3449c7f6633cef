/** A task's instructions: Markdown of the catalogue, cleaned of everything that is not text. */

import DOMPurify from "dompurify";
import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { Marked } from "marked";
import { getTask } from "../../api.ts";
import type { TaskView } from "../../contracts.ts";
import { ground } from "../../design/styles.ts";

const TAGS = [
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

/** Markup inside the Markdown is shown as what it is, links and images as their words. */
const markdown = new Marked({
  async: false,
  renderer: {
    html: ({ text }) => escaped(text),
    link({ tokens }) {
      return this.parser.parseInline(tokens);
    },
    image: ({ text }) => escaped(text),
  },
});

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

@customElement("task-instructions")
export class TaskInstructions extends LitElement {
  static override styles = [
    ground,
    css`
      summary { cursor: pointer; padding: 10px 14px; font-weight: 620; }
      .text { padding: 0 14px 14px; max-width: 84ch; overflow-wrap: anywhere; }
      .text > * { margin: 0 0 10px; }
      .text pre { background: var(--sunken); padding: 10px 12px; border-radius: 5px; overflow-x: auto; }
      .text h1, .text h2, .text h3 { font-size: 15px; margin-top: 14px; }
      .about { padding: 0 14px 10px; }
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
      ALLOWED_TAGS: TAGS,
      ALLOWED_ATTR: [],
    });
    return html`<details>
      <summary>Task: ${task.title}</summary>
      <p class="about quiet">${[task.difficulty, task.language, ...task.tags, `solver ${task.solver}`].filter(Boolean).join(" · ")}</p>
      <div class="text">${unsafeHTML(clean)}</div>
    </details>`;
  }
}
