import { expect, test } from "vitest";
import { changedRange, fileChange, fileName, pairLines, parseDiff } from "../src/format/diff.ts";

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

test("files, hunks and line numbers", () => {
  const files = parseDiff(TWO);
  expect(files.map(fileName)).toEqual(["one.sql", "old name → new name", "x.bin"]);
  expect(files.map(fileChange)).toEqual(["", "renamed", "binary"]);
  expect(files[0]).toMatchObject({ added: 1, removed: 2, hunks: [{ context: "CREATE" }] });
  expect(files[0]?.hunks[0]?.lines.map(({ sign, old, new: newLine }) => [sign, old, newLine])).toEqual([
    [" ", 3, 3],
    ["-", 4, null],
    ["-", 5, null],
    ["+", null, 4],
    [" ", 6, 5],
  ]);
});

test("a patch without git headers, and lines beyond the counts of a hunk", () => {
  const files = parseDiff("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n+c beyond\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-x\n+y\n");
  expect(files.map(({ from, added, removed }) => [from, added, removed])).toEqual([
    ["f", 2, 1],
    ["g", 1, 1],
  ]);
});

test("every line of a text that is not a patch is kept", () => {
  const [file, ...more] = parseDiff("sorry\nno patch today\n");
  expect(more).toEqual([]);
  expect(file?.headerLines).toEqual(["sorry", "no patch today"]);
});

test("removed lines are paired with the added ones", () => {
  const lines = parseDiff("--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n-a\n-b\n+c\n k\n+d\n+e\n")[0]?.hunks[0]?.lines ?? [];
  expect(pairLines(lines).map(([before, after]) => [before?.text, after?.text])).toEqual([
    ["a", "c"],
    ["b", undefined],
    ["k", "k"],
    [undefined, "d"],
    [undefined, "e"],
  ]);
});

test("the changed range of a line", () => {
  expect(changedRange("    return total - discount", "    return total")).toEqual({ start: 16, ends: [27, 16] });
  expect(changedRange("abc", "xyz")).toBeNull();
});
