#!/usr/bin/env python3
"""The whole of nanika in one process with the quickstart's lab: the address story, an end within 2 s that leaves nothing,
a second start on the same data, and a `kill -9` that neither FRR nor BIRD notices."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402
from address_story import QUICKSTART, AddressStory  # noqa: E402


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Up:
    """`nanika up` with the quickstart's lab."""

    def __init__(self, folder):
        self.kubeconfig = os.path.join(folder, "kubeconfig")
        if os.path.exists(self.kubeconfig):
            os.remove(self.kubeconfig)
        self.log = open(os.path.join(folder, "log"), "a", encoding="utf-8")
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [nanika.BINARY, "up", "--data-dir", os.path.join(folder, "data"), "--listen", f"127.0.0.1:{free_port()}",
             "--kubeconfig-out", self.kubeconfig, "--lab", os.path.join(QUICKSTART, "lab.yaml")],
            stderr=self.log, stdout=self.log)
        nanika.until("nanika up is ready", lambda: os.path.exists(self.kubeconfig) or self.process.poll() is not None, 30)
        assert self.process.poll() is None, "nanika up ended"

    def kubectl(self, *args):
        done = subprocess.run(["kubectl", "--kubeconfig", self.kubeconfig, *args], capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}"
        return done.stdout

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait(timeout=20)
        self.log.close()


def namespaces():
    return [n for n in os.listdir("/run/netns") if n.startswith("quickstart-")] if os.path.isdir("/run/netns") else []


def bird():
    with open("/run/nanika/node-1/bird.pid", encoding="utf-8") as pid:
        return int(pid.read())


def main():
    if os.geteuid() != 0:
        print("skipped: network namespaces need root")
        return 77
    folder = tempfile.mkdtemp(prefix="nanika-quickstart-")
    up = None
    try:
        up = Up(folder)
        story = AddressStory(up.kubectl)
        story.tell()

        # Killed as a whole, its routes stay; the next one finds the lab and BIRD as they were.
        kept, before = bird(), story.routes()
        up.end(signal.SIGKILL)
        assert story.routes() == before, "FRR noticed that nanika was killed"
        up = Up(folder)
        story = AddressStory(up.kubectl)
        nanika.until("the session is known again", lambda: story.condition("bgppeer", "edge-1", "Established")[0] == "True")
        assert bird() == kept, "BIRD was started anew"
        assert story.routes() == before
        up.kubectl("apply", "-f", os.path.join(QUICKSTART, "services.yaml"))
        nanika.until("a new Service is served", lambda: story.ingress("www") and story.ingress("www")[0] + "/32" in story.routes())

        began = time.monotonic()
        up.end(signal.SIGINT)
        took = time.monotonic() - began
        assert took < 5, f"Ctrl-C took {took:.1f} s"  # 2 s on an idle machine
        assert namespaces() == [], f"left behind: {namespaces()}"
        up = Up(folder)
        assert AddressStory(up.kubectl).ingress("api") == ["100.64.8.15"], "the data folder was kept"
        print(f"ended in {took:.2f} s, ready again {time.monotonic() - up.began:.2f} s after the start")
        return 0
    finally:
        if up is not None and up.process.poll() is None:
            up.end(signal.SIGINT)
        subprocess.run([nanika.BINARY, "lab", "down", "quickstart"], capture_output=True, check=False)
        if sys.exc_info()[0] is not None:
            with open(os.path.join(folder, "log"), encoding="utf-8") as log:
                print(log.read()[-8000:])
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
