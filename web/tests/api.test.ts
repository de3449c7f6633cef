import { expect, test } from "vitest";
import { serializeQuery } from "../src/api.ts";

test("empty and undefined parameters are left out of a query", () => {
  expect(serializeQuery({ status: undefined, suite: "", model: "a/b", limit: 0 })).toBe("model=a%2Fb&limit=0");
});
