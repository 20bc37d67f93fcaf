#!/usr/bin/env python3
"""The address story on a real kube-apiserver with etcd and kube-controller-manager, unpatched: the same controllers, the
same agent, the same router. Two controllers processes run at once; they elect their leader."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402
from address_story import QUICKSTART, AddressStory  # noqa: E402

PODS = {"www-1": ("www", "10.244.1.2"), "www-2": ("www", "10.244.1.6"), "api-1": ("api", "10.244.1.10")}
SIX = {"www-1": "2001:db8:244:1::2", "www-2": "2001:db8:244:2::2", "api-1": "2001:db8:244:3::2"}


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

    def __init__(self, folder, peers):
        self.folder, self.peers, self.processes = folder, peers, []
        etcd, peer, api, manager = free_ports(4)
        self.url = f"https://127.0.0.1:{api}"
        key = os.path.join(folder, "sa.key")
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        with open(os.path.join(folder, "tokens.csv"), "w", encoding="utf-8") as tokens:
            tokens.write('test-token,admin,admin,"system:masters"\n')
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
        nanika.until("kube-apiserver is ready", lambda: self.try_kubectl("get", "--raw", "/readyz").stdout == "ok", 60, 0.2)
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


def publish_pods(plane):
    """The lab's workloads as Pods: there is no kubelet."""
    for name, (app, address) in PODS.items():
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
               "spec": {"nodeName": "node-1", "containers": [{"name": "page", "image": "none"}]}}
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
        status = {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}, {"ip": SIX[name]}],
                             "conditions": [{"type": "Ready", "status": "True"}]}}
        plane.kubectl("patch", "pod", name, "--subresource=status", "--type=merge", "-p", json.dumps(status))


def main():
    peers = nanika.peers()
    missing = [p for p in ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl") if not os.path.exists(os.path.join(peers, p))]
    if missing or os.geteuid() != 0:
        print(f"skipped: {'needs root' if not missing else 'not built: ' + ', '.join(missing) + ' (make test-vanilla)'}")
        return 77
    folder = tempfile.mkdtemp(prefix="nanika-vanilla-")
    plane = None
    try:
        subprocess.run([nanika.BINARY, "lab", "up", os.path.join(QUICKSTART, "lab.yaml")], check=True, capture_output=True)
        plane = ControlPlane(folder, peers)
        plane.kubectl("apply", "--server-side", "-f", os.path.join(nanika.ROOT, "deploy", "crds"))
        plane.kubectl("wait", "--for=condition=Established", "crd", "trafficips.network.nanika.dev")
        for _ in range(2):
            plane.start("nanika", "controllers", "--kubeconfig", plane.kubeconfig, "--default-load-balancer-class", "on")
        plane.start("nanika", "agent", "--kubeconfig", plane.kubeconfig, "--node", "node-1", "--netns", "quickstart-node-1",
                    "--service-proxy", "on", "--register-node", "on")
        nanika.until("the Node is registered", lambda: plane.try_kubectl("get", "node", "node-1").returncode == 0, 30)
        publish_pods(plane)
        AddressStory(plane.kubectl).tell()
        return 0
    finally:
        if plane is not None:
            plane.stop()
        subprocess.run([nanika.BINARY, "lab", "down", "quickstart"], capture_output=True, check=False)
        if plane is not None and sys.exc_info()[0] is not None:
            plane.logs()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
