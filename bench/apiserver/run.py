#!/usr/bin/env python3
"""The embedded API beside kube-apiserver with etcd, on this machine, in one run: start to ready, idle memory, durable
creates a second at 1, 16 and 64 connections, p99, server CPU a create. Rounds are interleaved; medians of ratios are told.

    make bench                                   # builds kube-apiserver and etcd first (Go; 10 minutes once)
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "test", "lib"))
sys.path.insert(0, os.path.join(ROOT, "test", "vanilla"))
import nanika  # noqa: E402
from control_plane import ControlPlane, free_ports  # noqa: E402

LOAD = os.path.join(ROOT, "build", "release", "bench", "create_load")
ROUNDS = int(os.environ.get("NANIKA_BENCH_ROUNDS", "3"))
SECONDS = "4"
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def rss_mib(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            total += next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return total / 1024


class Ours:
    name = "nanika"

    def __init__(self, folder):
        self.kubeconfig = os.path.join(folder, "kubeconfig")
        began = time.monotonic()
        self.process = subprocess.Popen([nanika.BINARY, "apiserver", "--data-dir", folder + "/data", "--listen",
                                         f"127.0.0.1:{free_ports(1)[0]}", "--kubeconfig-out", self.kubeconfig],
                                        stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "ready" in line:
                break
        self.ready = time.monotonic() - began
        self.pids = [self.process.pid]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


class Theirs:
    name = "kube-apiserver + etcd"

    def __init__(self, folder):
        self.plane = ControlPlane(folder, nanika.peers(), controller_manager=False)
        self.ready = self.plane.ready_after
        self.kubeconfig = self.plane.kubeconfig
        self.pids = [p.pid for p in self.plane.processes]

    def stop(self):
        self.plane.stop()


def measure(kind):
    folder = tempfile.mkdtemp(prefix="nanika-bench-")
    server = kind(folder)
    try:
        time.sleep(2)  # idle
        out = {"start to ready, s": server.ready, "idle memory, MiB": rss_mib(server.pids)}
        for connections in (1, 16, 64):
            before = cpu_seconds(server.pids)
            load = json.loads(subprocess.run([LOAD, server.kubeconfig, str(connections), SECONDS], check=True,
                                             capture_output=True, text=True).stdout)
            out[f"creates/s at {connections}"] = load["creates_per_second"]
            if connections == 64:
                out["p99 at 64, ms"] = load["p99_ms"]
                out["server CPU a create at 64, us"] = (cpu_seconds(server.pids) - before) / load["creates"] * 1e6
        return out
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    rounds = [(measure(Ours), measure(Theirs)) for _ in range(ROUNDS)]
    print(f"{'':34}{'nanika':>12}{'kube-apiserver':>16}{'ratio':>10}   (medians of {ROUNDS} interleaved rounds)")
    for key in rounds[0][0]:
        ours = statistics.median(r[0][key] for r in rounds)
        theirs = statistics.median(r[1][key] for r in rounds)
        ratio = statistics.median(r[0][key] / r[1][key] for r in rounds)
        told = f"{ratio:.1f}x" if "creates/s" in key else f"1/{1 / ratio:.1f}"
        print(f"{key:34}{ours:>12.3f}{theirs:>16.3f}{told:>10}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
