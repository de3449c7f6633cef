/** Tasks to select, by category. Fires `selection` with their ids. */

import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { TaskView } from "../../contracts.ts";
import { base, controls } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";

@customElement("task-tree")
export class TaskTree extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      .category {
        display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 0 6px;
        border-radius: 4px;
      }
      .category:hover { background: var(--select); }
      label { display: flex; align-items: center; gap: 8px; cursor: pointer; min-height: 28px; flex: 1; }
      .category button {
        background: none; border: 0; color: var(--quiet); font-size: 13px; min-height: 28px; padding: 0 6px;
      }
      ul { list-style: none; margin: 0; padding: 0 6px 6px 28px; }
      small { color: var(--quiet); margin-left: 6px; font-size: 12px; }
    `,
  ];

  @property({ attribute: false }) tasks: TaskView[] = [];
  @property({ attribute: false }) selected: string[] = [];
  @state() private expanded = new Set<string>();

  override render() {
    const categories = [...new Set(this.tasks.map((task) => task.category))].sort();
    return categories.map((category) => this.renderCategory(category));
  }

  private renderCategory(category: string) {
    const tasks = this.tasks.filter((task) => task.category === category);
    const selected = tasks.filter((task) => this.selected.includes(task.task_id)).length;
    const all = selected === tasks.length;
    const open = this.expanded.has(category);
    const count = `${selected ? `${selected} of ` : ""}${plural(tasks.length, "task")}`;
    return html`<div class="category">
        <label>
          <input type="checkbox" aria-label="All of ${category}" .checked=${all} .indeterminate=${selected > 0 && !all}
            @change=${() => this.select(tasks, !all)} /> ${category}
        </label>
        <button type="button" aria-expanded=${open} @click=${() => this.toggle(category)}>
          ${count}<span class="visually-hidden"> of ${category}</span> ${open ? "▾" : "▸"}
        </button>
      </div>
      ${open ? html`<ul>${tasks.map((task) => this.renderTask(task))}</ul>` : nothing}`;
  }

  private renderTask(task: TaskView) {
    const selected = this.selected.includes(task.task_id);
    const details = `${task.difficulty}, ${plural(task.samples, "sample")}`;
    return html`<li><label>
      <input type="checkbox" .checked=${selected} @change=${() => this.select([task], !selected)} />
      <span>${task.title || task.task_id}<small>${details}</small></span>
    </label></li>`;
  }

  private toggle(category: string): void {
    const expanded = new Set(this.expanded);
    if (!expanded.delete(category)) expanded.add(category);
    this.expanded = expanded;
  }

  private select(tasks: TaskView[], selected: boolean): void {
    const ids = new Set(this.selected);
    for (const { task_id } of tasks) {
      if (selected) ids.add(task_id);
      else ids.delete(task_id);
    }
    this.dispatchEvent(new CustomEvent("selection", { detail: [...ids] }));
  }
}
