/** Terminal colours of logs as data: ansi_up parses the escape codes, the text is rendered as text, never as HTML. */

import { AnsiUp } from "ansi_up";
import { css, html } from "lit";
import { showControlCharacters } from "./untrusted-text.ts";

export interface StyledText {
  text: string;
  classes: string;
}

/** The argument of ansi_up's two methods that produce HTML; they are overridden below. */
interface Fragment {
  text: string;
  bold: boolean;
  faint: boolean;
  italic: boolean;
  underline: boolean;
  fg: { class_name: string } | null;
  bg: { class_name: string } | null;
}

/** Splits a log into styled text. Keeps the 16 named colours and the text of hyperlinks, but not their targets. */
export class AnsiParser {
  private parts: StyledText[] = [];
  private readonly parser = new AnsiUp();

  constructor() {
    Object.assign(this.parser, {
      transform_to_html: (fragment: Fragment) => this.add(fragment.text, classNames(fragment)),
      process_hyperlink: (link: { text: string }) => this.add(link.text, "underline"),
    });
  }

  parse(text: string): StyledText[] {
    this.parts = [];
    this.parser.ansi_to_html(text);
    return this.parts;
  }

  private add(text: string, classes: string): string {
    if (text) this.parts.push({ text, classes });
    return "";
  }
}

function classNames(fragment: Fragment): string {
  const styles = (["bold", "faint", "italic", "underline"] as const).filter((style) => fragment[style]);
  const colours = [fragment.fg && `${fragment.fg.class_name}-fg`, fragment.bg && `${fragment.bg.class_name}-bg`];
  return [...styles, ...colours.filter(Boolean)].join(" ");
}

export function renderStyledText(parts: StyledText[]) {
  return parts.map((part) =>
    part.classes
      ? html`<span class=${part.classes}>${showControlCharacters(part.text)}</span>`
      : showControlCharacters(part.text),
  );
}

export const ansiStyle = css`
  .bold {
    font-weight: 700; } .faint { opacity: 0.75; } .italic { font-style: italic;
    } .underline { text-decoration: underline;
  }
  .ansi-black-fg, .ansi-bright-black-fg { color: var(--quiet); }
  .ansi-red-fg, .ansi-bright-red-fg { color: var(--danger); }
  .ansi-green-fg, .ansi-bright-green-fg { color: var(--good); }
  .ansi-yellow-fg, .ansi-bright-yellow-fg { color: var(--warn); }
  .ansi-blue-fg, .ansi-bright-blue-fg { color: light-dark(#1d4fa3, #8ab4f8); }
  .ansi-magenta-fg, .ansi-bright-magenta-fg { color: light-dark(#7b2a91, #dda0ee); }
  .ansi-cyan-fg, .ansi-bright-cyan-fg { color: var(--accent); }
  .ansi-red-bg, .ansi-bright-red-bg { background: var(--danger-soft); }
  .ansi-green-bg, .ansi-bright-green-bg { background: var(--good-soft); }
  .ansi-yellow-bg, .ansi-bright-yellow-bg { background: var(--warn-soft); }
  .ansi-blue-bg, .ansi-bright-blue-bg, .ansi-cyan-bg, .ansi-bright-cyan-bg, .ansi-magenta-bg, .ansi-bright-magenta-bg {
    background: var(--accent-soft);
  }
`;
