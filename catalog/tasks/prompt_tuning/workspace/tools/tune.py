"""Lets the model write a prompt for labelling, measures it, lets it revise it, and labels test.jsonl with the best one.

The model is asked through the socket that the sandbox has instead of a network: once for each prompt, and once for each
batch of messages that are labelled with it. An answer that cannot be used costs points, never the attempt.
"""

import csv
import http.client
import json
import os
import pathlib
import re
import socket

LABELS = ("urgent", "soon", "later")
UNREADABLE = "none"
BATCH = 5
REVISIONS = 2
MAX_PROMPT = 3000
RULES = (
    "Write the prompt for another model that has never seen the task or these messages. It will get your prompt, "
    "followed by numbered messages. Describe each label and the office's habits as general rules. Answer with the "
    "prompt alone."
)
LAYOUT = "Answer with one line for each message: its number, a colon, and its label. Write nothing else."


class Model(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["ASSAY_MODEL_SOCKET"])


def ask(text):
    """The model's answer to one message, without its reasoning."""
    body = {"model": os.environ["OPENAI_MODEL"], "messages": [{"role": "user", "content": text}]}
    headers = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"}
    model = Model("model")
    model.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    answer = model.getresponse()
    told = json.loads(answer.read())
    if answer.status != 200:
        raise SystemExit(told["error"]["message"])
    return (told["choices"][0]["message"].get("content") or "").rpartition("</think>")[2].strip()


def read(name):
    return [json.loads(line) for line in pathlib.Path(name).read_text(encoding="utf-8").splitlines()]


def shown(rows):
    return "\n".join(f"- {row['text']} -> {row['label']}" for row in rows)


def labels(prompt, rows):
    """The label that the model gives each row, by id."""
    found = {row["id"]: UNREADABLE for row in rows}
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        listed = "\n".join(f"{number}. {row['text']}" for number, row in enumerate(batch, 1))
        answer = ask(f"{prompt}\n\nMessages:\n{listed}\n\n{LAYOUT}")
        for line in answer.lower().splitlines():
            chosen = re.match(rf"\W*(\d+)\W+(?:label\W+)?({'|'.join(LABELS)})\W*$", line)
            if chosen and 1 <= int(chosen[1]) <= len(batch):
                found[batch[int(chosen[1]) - 1]["id"]] = chosen[2]
    return found


def mistakes(prompt, rows):
    found = labels(prompt, rows)
    return [(row, found[row["id"]]) for row in rows if found[row["id"]] != row["label"]]


def revised(task, rows, prompt, wrong):
    """The prompt that the model writes after it has seen what went wrong."""
    listed = "\n".join(f"- {row['text']} -> {given}, but {row['label']} is right" for row, given in wrong)
    return ask(
        f"{task}\n\nLabelled messages:\n{shown(rows)}\n\nThis prompt was tried:\n\n{prompt}\n\n"
        f"It led to these mistakes:\n{listed}\n\n{RULES}"
    )[:MAX_PROMPT]


def main():
    task = pathlib.Path(os.environ["ASSAY_INSTRUCTIONS"]).read_text(encoding="utf-8")
    known = read("dev.jsonl")
    prompt = ask(f"{task}\n\nLabelled messages:\n{shown(known)}\n\n{RULES}")[:MAX_PROMPT]
    wrong = mistakes(prompt, known)
    best, fewest = prompt, len(wrong)
    print(f"prompt 1: {len(wrong)} of {len(known)} wrong")
    for number in range(2, REVISIONS + 2):
        if not wrong:
            break
        prompt = revised(task, known, prompt, wrong)
        wrong = mistakes(prompt, known)
        print(f"prompt {number}: {len(wrong)} of {len(known)} wrong")
        if len(wrong) < fewest:
            best, fewest = prompt, len(wrong)
    with pathlib.Path("labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "label"])
        table.writerows(labels(best, read("test.jsonl")).items())


main()
