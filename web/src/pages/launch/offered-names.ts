/** Names of models that providers list now, for the field in which any model of such a provider can be entered. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { listOfferedModels, listProviders } from "../../api.ts";

export class OfferedNames implements ReactiveController {
  /** With their provider, like `openai/gpt-4.1`. */
  names: string[] = [];
  private providers: Promise<Set<string>> | null = null;
  private readonly requested = new Set<string>();

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {}

  /** Asks a provider once, when its id and a slash are entered. Without an answer, any name can still be entered. */
  async complete(text: string): Promise<void> {
    const [provider = "", model] = text.trim().split("/");
    if (model === undefined || this.requested.has(provider)) return;
    try {
      this.providers ??= this.providersOfAnyModel();
      if (!(await this.providers).has(provider) || this.requested.has(provider)) return;
      this.requested.add(provider);
      const { models } = await listOfferedModels(provider);
      this.names = [...this.names, ...models.map(({ name }) => `${provider}/${name}`)];
      this.host.requestUpdate();
    } catch {
      this.providers = null;
    }
  }

  private async providersOfAnyModel(): Promise<Set<string>> {
    const views = await listProviders();
    return new Set(views.filter((view) => view.provider.any_model && !view.hidden).map((view) => view.provider_id));
  }
}
