"""Asks the model for a shell script, and runs it."""

import http.client
import json
import os
import pathlib
import socket
import subprocess


class Model(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["ASSAY_MODEL_SOCKET"])


instructions = pathlib.Path(os.environ["ASSAY_INSTRUCTIONS"]).read_text()
request = {"model": os.environ["OPENAI_MODEL"], "messages": [{"role": "user", "content": instructions}]}
headers = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"}
model = Model("model")
model.request("POST", "/v1/chat/completions", json.dumps(request), headers)
script = json.loads(model.getresponse().read())["choices"][0]["message"]["content"]
subprocess.run(["bash", "-c", script], timeout=20)
