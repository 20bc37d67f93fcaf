"""etcd, kube-apiserver and kube-controller-manager as released, on loopback, for tests and benchmarks."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class ControlPlane:
    """etcd, kube-apiserver and kube-controller-manager as released, on loopback."""

    def __init__(self, folder, peers, controller_manager=True):
        self.folder, self.peers, self.processes = folder, peers, []
        etcd, peer, api, manager = free_ports(4)
        self.url = f"https://127.0.0.1:{api}"
        key = os.path.join(folder, "sa.key")
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        with open(os.path.join(folder, "tokens.csv"), "w", encoding="utf-8") as tokens:
            tokens.write('test-token,admin,admin,"system:masters"\n')
        began = time.monotonic()
        self.start("etcd", "--data-dir", folder + "/etcd", "--listen-client-urls", f"http://127.0.0.1:{etcd}",
                   "--advertise-client-urls", f"http://127.0.0.1:{etcd}", "--listen-peer-urls", f"http://127.0.0.1:{peer}",
                   "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
                   "--initial-cluster", f"default=http://127.0.0.1:{peer}")
        self.start("kube-apiserver", "--etcd-servers", f"http://127.0.0.1:{etcd}", "--secure-port", str(api),
                   "--bind-address", "127.0.0.1", "--cert-dir", folder + "/pki",
                   "--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", key,
                   "--service-account-signing-key-file", key, "--token-auth-file", folder + "/tokens.csv",
                   "--authorization-mode", "RBAC", "--service-cluster-ip-range", "10.96.0.0/16,fd00:10:96::/112")
        self.kubeconfig = os.path.join(folder, "kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as out:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                       "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                       "clusters": [{"name": "c", "cluster": {"server": self.url, "insecure-skip-tls-verify": True}}],
                       "users": [{"name": "u", "user": {"token": "test-token"}}]}, out)
        nanika.until("kube-apiserver is ready", lambda: self.try_kubectl("get", "--raw", "/readyz").stdout == "ok", 60, 0.1)
        self.ready_after = time.monotonic() - began
        if not controller_manager:
            return
        self.start("kube-controller-manager", "--kubeconfig", self.kubeconfig, "--service-account-private-key-file", key,
                   "--root-ca-file", folder + "/pki/apiserver.crt", "--leader-elect=false", "--secure-port", str(manager),
                   "--bind-address", "127.0.0.1", "--cert-dir", folder + "/pki-kcm")
        nanika.until("ServiceAccounts are made",
                     lambda: self.try_kubectl("get", "serviceaccount", "default").returncode == 0, 60, 0.2)

    def start(self, program, *args):
        path = nanika.BINARY if program == "nanika" else os.path.join(self.peers, program)
        name = f"{program}-{len(self.processes)}.log"
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as log:
            self.processes.append(subprocess.Popen([path, *args], stdout=log, stderr=log))
        return self.processes[-1]

    def try_kubectl(self, *args, stdin=None):
        return subprocess.run([os.path.join(self.peers, "kubectl"), "--kubeconfig", self.kubeconfig, *args],
                              capture_output=True, text=True, timeout=60, check=False, input=stdin)

    def kubectl(self, *args, stdin=None):
        done = self.try_kubectl(*args, stdin=stdin)
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}"
        return done.stdout

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()

    def logs(self):
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("nanika-") and name.endswith(".log"):
                with open(os.path.join(self.folder, name), encoding="utf-8") as log:
                    print(f"--- {name}\n{log.read()[-4000:]}")
