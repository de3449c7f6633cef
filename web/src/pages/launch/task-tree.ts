/** Tasks to choose from, by category. Fires `chosen` with the ids. */

import "@awesome.me/webawesome/dist/components/tree/tree.js";
import type WaTreeItem from "@awesome.me/webawesome/dist/components/tree-item/tree-item.js";
import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { TaskView } from "../../contracts.ts";
import { ground } from "../../design/sheets.ts";
import { plural } from "../../format/number.ts";

@customElement("task-tree")
export class TaskTree extends LitElement {
  static override styles = [
    ground,
    css`small { color: var(--quiet); margin-left: 6px; } wa-tree { --indent-size: 18px; }`,
  ];

  @property({ attribute: false }) tasks: TaskView[] = [];
  @property({ attribute: false }) chosen: string[] = [];

  override render() {
    const categories = [...new Set(this.tasks.map((task) => task.category))].sort();
    return html`<wa-tree selection="multiple" aria-label="Tasks by category" @wa-selection-change=${this.selected}>
      ${repeat(
        categories,
        (category) => category,
        (category) => this.renderCategory(category),
      )}
    </wa-tree>`;
  }

  private renderCategory(category: string) {
    const tasks = this.tasks.filter((task) => task.category === category);
    const chosen = tasks.filter((task) => this.chosen.includes(task.task_id)).length;
    return html`<wa-tree-item ?selected=${chosen === tasks.length} ?expanded=${chosen > 0}>${category}<small>${plural(tasks.length, "task")}</small>
      ${repeat(
        tasks,
        (task) => task.task_id,
        (task) =>
          html`<wa-tree-item data-task=${task.task_id} ?selected=${this.chosen.includes(task.task_id)}>${task.title || task.task_id}<small>${task.difficulty}, ${plural(task.samples, "sample")}</small></wa-tree-item>`,
      )}
    </wa-tree-item>`;
  }

  private selected(event: CustomEvent<{ selection: WaTreeItem[] }>): void {
    const detail = event.detail.selection.map((item) => item.dataset.task ?? "").filter(Boolean);
    this.dispatchEvent(new CustomEvent("chosen", { detail }));
  }
}
