"""What the processes of a sandbox use, compared with its limits. The first part of ``init.py``; never imported on the
host."""
# ruff: noqa: PTH123

import posix as os
import resource
import sys
import time

ARGUMENTS = sys.argv[1:9] if __name__ in ("__main__", "init") else [0] * 8
SOCKET, USER, MEMORY_BYTES, CPU_MS, PROCESSES, OPEN_FILES, FILE_BYTES, INODES = map(int, ARGUMENTS)
SMALL_FILE_SYSTEMS = ("/workspace", "/tmp", "/dev/shm")
MAX_SAMPLED_THREADS = 32
PAGE_BYTES, CLOCK_TICKS = resource.getpagesize(), os.sysconf("SC_CLK_TCK")


class Usage:
    """A snapshot of what all processes inside use; tasks are processes and threads. ``runnable``: at least one of them
    runs or waits for a CPU."""

    def __init__(self) -> None:
        self.pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        self.tasks, self.rss_bytes, self.runnable, ticks = 0, 0, False, 0
        for pid in self.pids:
            fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
            if len(fields) > 21:
                threads = int(fields[17])
                self.tasks += max(1, threads)
                self.rss_bytes += int(fields[21]) * PAGE_BYTES
                self.runnable = self.runnable or fields[0] == b"R" or (threads > 1 and runnable_thread(pid))
                ticks += sum(map(int, fields[11:15]))
        dead = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu_seconds = ticks / CLOCK_TICKS + dead.ru_utime + dead.ru_stime


class Watch:
    """Compares usage with the limits, and sums it up since the first of the commands that run now has started."""

    cpu_start_seconds, next_weighing = 0.0, 0.0
    cpu_seconds, runnable_seconds, peak_bytes, seen_at = 0.0, 0.0, 0, 0.0

    def restart(self) -> None:
        self.cpu_start_seconds, self.seen_at = Usage().cpu_seconds, time.monotonic()
        self.cpu_seconds, self.runnable_seconds, self.peak_bytes = 0.0, 0.0, 0

    def add(self, usage: Usage) -> None:
        """What is seen now is taken to have held since the last look."""
        now = time.monotonic()
        if usage.runnable:
            self.runnable_seconds += now - self.seen_at
        self.seen_at = now
        self.cpu_seconds = usage.cpu_seconds - self.cpu_start_seconds
        self.peak_bytes = max(self.peak_bytes, usage.rss_bytes)

    def report(self) -> bytes:
        """The time that passed unseen before a short command ended, it was runnable."""
        runnable_ms = 1000 * max(self.runnable_seconds, self.cpu_seconds)
        return b"usage %d %d %d" % (1000 * self.cpu_seconds, runnable_ms, self.peak_bytes // 1024)

    def exceeded(self, usage: Usage) -> str:
        """The name of the exceeded limit, or ""."""
        if usage.tasks > PROCESSES:
            return "processes"
        if (usage.cpu_seconds - self.cpu_start_seconds) * 1000 > CPU_MS:
            return "cpu"
        if usage.rss_bytes > MEMORY_BYTES and self.over_memory(usage):
            return "memory"
        if any(fs.f_files - fs.f_ffree > INODES for fs in map(os.statvfs, SMALL_FILE_SYSTEMS)):
            return "files"
        return ""

    def over_memory(self, usage: Usage) -> bool:
        """Sums resident memory without file pages, shared pages once. Slow, so it takes at most a tenth of the time."""
        started = time.monotonic()
        if started < self.next_weighing:
            return False
        over = sum(map(proportional_bytes, usage.pids)) > MEMORY_BYTES
        self.next_weighing = started + 10 * (time.monotonic() - started)
        return over


def read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def runnable_thread(pid: int) -> bool:
    """Whether one of its first threads is runnable."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")[:MAX_SAMPLED_THREADS]
    except OSError:
        return False
    return any(read(f"/proc/{pid}/task/{thread}/stat").rpartition(b")")[2][1:2] == b"R" for thread in threads)


def proportional_bytes(pid: int) -> int:
    """Falls back to all resident memory for a process that hides its details."""
    if rollup := read(f"/proc/{pid}/smaps_rollup"):
        lines = rollup.splitlines()
        return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith((b"Pss_Anon:", b"Pss_Shmem:")))
    return int((read(f"/proc/{pid}/statm").split() or [0, 0])[1]) * PAGE_BYTES
