import { expect, test } from "vitest";
import { difference, fateOf, nameOf, pairs, parseDiff } from "../src/format/diff.ts";

const TWO = `diff --git a/one.sql b/one.sql
index 1..2 100644
--- a/one.sql
+++ b/one.sql
@@ -3,4 +3,3 @@ CREATE
 keep
--- a comment of SQL that is gone
-two
+TWO
 end
diff --git a/old name b/new name
similarity index 90%
rename from old name
rename to new name
diff --git a/x.bin b/x.bin
new file mode 100644
Binary files /dev/null and b/x.bin differ
`;

test("files, hunks and numbers", () => {
  const files = parseDiff(TWO);
  expect(files.map(nameOf)).toEqual(["one.sql", "old name → new name", "x.bin"]);
  expect(files.map(fateOf)).toEqual(["", "renamed", "binary"]);
  expect(files[0]).toMatchObject({ added: 1, removed: 2, hunks: [{ about: "CREATE" }] });
  expect(files[0]?.hunks[0]?.lines.map(({ sign, old, new: fresh }) => [sign, old, fresh])).toEqual([
    [" ", 3, 3],
    ["-", 4, null],
    ["-", 5, null],
    ["+", null, 4],
    [" ", 6, 5],
  ]);
});

test("a patch without the heads of git, and lines beyond the numbers", () => {
  const files = parseDiff("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n+c beyond\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-x\n+y\n");
  expect(files.map(({ from, added, removed }) => [from, added, removed])).toEqual([
    ["f", 2, 1],
    ["g", 1, 1],
  ]);
});

test("what is no patch loses no line", () => {
  const [file, ...more] = parseDiff("sorry\nno patch today\n");
  expect(more).toEqual([]);
  expect(file?.notes).toEqual(["sorry", "no patch today"]);
});

test("lines taken away stand beside what came", () => {
  const lines = parseDiff("--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n-a\n-b\n+c\n k\n+d\n+e\n")[0]?.hunks[0]?.lines ?? [];
  expect(pairs(lines).map(([before, after]) => [before?.text, after?.text])).toEqual([
    ["a", "c"],
    ["b", undefined],
    ["k", "k"],
    [undefined, "d"],
    [undefined, "e"],
  ]);
});

test("what is different in a line", () => {
  expect(difference("    return total - discount", "    return total")).toEqual({ start: 16, ends: [27, 16] });
  expect(difference("abc", "xyz")).toBeNull();
});
