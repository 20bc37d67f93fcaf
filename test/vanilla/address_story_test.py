#!/usr/bin/env python3
"""The address story on a real kube-apiserver with etcd and kube-controller-manager, unpatched: the same controllers, the
same agent, the same router. Two controllers processes run at once; they elect their leader."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402
from address_story import QUICKSTART, AddressStory  # noqa: E402
from control_plane import ControlPlane  # noqa: E402

PODS = {"www-1": ("www", "10.244.1.2"), "www-2": ("www", "10.244.1.6"), "api-1": ("api", "10.244.1.10")}
SIX = {"www-1": "2001:db8:244:1::2", "www-2": "2001:db8:244:2::2", "api-1": "2001:db8:244:3::2"}


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
