/** Tasks to choose from, by category. Fires `chosen` with the ids. */

import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { TaskView } from "../../contracts.ts";
import { controls, ground } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";

@customElement("task-tree")
export class TaskTree extends LitElement {
  static override styles = [
    ground,
    controls,
    css`
      .category { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 0 6px; border-radius: 4px; }
      .category:hover { background: var(--select); }
      label { display: flex; align-items: center; gap: 8px; cursor: pointer; min-height: 28px; flex: 1; }
      .category button { background: none; border: 0; color: var(--quiet); font-size: 13px; min-height: 28px; padding: 0 6px; }
      ul { list-style: none; margin: 0; padding: 0 6px 6px 28px; }
      small { color: var(--quiet); margin-left: 6px; font-size: 12px; }
    `,
  ];

  @property({ attribute: false }) tasks: TaskView[] = [];
  @property({ attribute: false }) chosen: string[] = [];
  @state() private unfolded = new Set<string>();

  override render() {
    const categories = [...new Set(this.tasks.map((task) => task.category))].sort();
    return categories.map((category) => this.renderCategory(category));
  }

  private renderCategory(category: string) {
    const tasks = this.tasks.filter((task) => task.category === category);
    const chosen = tasks.filter((task) => this.chosen.includes(task.task_id)).length;
    const all = chosen === tasks.length;
    const open = this.unfolded.has(category);
    return html`<div class="category">
        <label><input type="checkbox" aria-label="All of ${category}" .checked=${all} .indeterminate=${chosen > 0 && !all} @change=${() => this.choose(tasks, !all)} /> ${category}</label>
        <button type="button" aria-expanded=${open} @click=${() => this.fold(category)}>${chosen ? `${chosen} of ` : ""}${plural(tasks.length, "task")}<span class="visually-hidden"> of ${category}</span> ${open ? "▾" : "▸"}</button>
      </div>
      ${open ? html`<ul>${tasks.map((task) => this.renderTask(task))}</ul>` : nothing}`;
  }

  private renderTask(task: TaskView) {
    const chosen = this.chosen.includes(task.task_id);
    return html`<li><label><input type="checkbox" .checked=${chosen} @change=${() => this.choose([task], !chosen)} />
      <span>${task.title || task.task_id}<small>${task.difficulty}, ${plural(task.samples, "sample")}</small></span></label></li>`;
  }

  private fold(category: string): void {
    const unfolded = new Set(this.unfolded);
    if (!unfolded.delete(category)) unfolded.add(category);
    this.unfolded = unfolded;
  }

  private choose(tasks: TaskView[], wanted: boolean): void {
    const named = new Set(this.chosen);
    for (const task of tasks) {
      if (wanted) named.add(task.task_id);
      else named.delete(task.task_id);
    }
    this.dispatchEvent(new CustomEvent("chosen", { detail: [...named] }));
  }
}
