import { describe, expect, it } from "vitest";
import { parsePrompt } from "../src/pages/attempt/artifacts.ts";

describe("a stored prompt", () => {
  it("names the images of a message before its text", () => {
    const image = { name: "images/a.png", media_type: "image/png", size_bytes: 9 };
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Which bar?", images: [image] },
    ];
    expect(parsePrompt(JSON.stringify(messages))).toEqual([
      { role: "system", text: "Be brief." },
      { role: "user", text: "[images/a.png: image/png, 9 bytes]\nWhich bar?" },
    ]);
  });
});
