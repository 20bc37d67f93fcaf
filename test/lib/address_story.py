"""The address story, whatever Kubernetes API it is told to: from kubectl apply to a page fetched through a router.

Every assertion is of the state of the world: kubectl's answer, FRR's own table, a page in another namespace.
"""

import json
import os
import subprocess

import nanika

QUICKSTART = os.path.join(nanika.ROOT, "examples", "quickstart")


class AddressStory:
    """`kubectl(*args)` runs kubectl against the API and returns its output. The quickstart's lab must be up."""

    def __init__(self, kubectl):
        self.kubectl = kubectl

    def apply(self):
        for name in ("networks", "bgp", "services"):
            self.kubectl("apply", "-f", os.path.join(QUICKSTART, name + ".yaml"))

    # --- what the world says ---

    def get(self, kind, name):
        return json.loads(self.kubectl("get", kind, name, "-o", "json"))

    def ingress(self, service):
        status = self.get("service", service).get("status", {})
        return [item["ip"] for item in status.get("loadBalancer", {}).get("ingress", [])]

    def condition(self, kind, name, type_):
        for item in self.get(kind, name).get("status", {}).get("conditions", []):
            if item["type"] == type_:
                return item["status"], item["reason"]
        return None, None

    @staticmethod
    def lab(*args):
        return subprocess.run([nanika.BINARY, "lab", "exec", *args], capture_output=True, text=True, timeout=30, check=False)

    def routes(self, family="ipv4"):
        """FRR's own table: prefix -> communities."""
        shown = self.lab("edge-1", "vtysh", "-c", f"show bgp {family} unicast json detail")
        try:
            table = json.loads(shown.stdout).get("routes", {})
        except json.JSONDecodeError:
            return {}
        out = {}
        for prefix, paths in table.items():
            paths = paths.get("paths", []) if isinstance(paths, dict) else paths
            out[prefix] = {c for p in paths for c in p.get("community", {}).get("string", "").split()}
        return out

    def page(self, address):
        return self.lab("client-1", "curl", "-sS", "--max-time", "2", f"http://{address}/").stdout

    # --- the story ---

    def addresses_are_given(self):
        nanika.until("www has an address", lambda: self.ingress("www"), 30)
        nanika.until("www-dual has both", lambda: len(self.ingress("www-dual")) == 2)
        nanika.until("api has the one it asked for", lambda: self.ingress("api") == ["100.64.8.15"])
        given = self.ingress("www") + self.ingress("www-dual") + self.ingress("api")
        assert len(given) == len(set(given)), f"an address twice: {given}"
        assert all(ip.startswith(("203.0.113.", "2001:db8:0:1:")) for ip in self.ingress("www-dual"))

    def refusals_say_why(self):
        nanika.until("wrong is refused in its condition",
                     lambda: self.condition("service", "wrong", "nanika.dev/Allocated") == ("False", "AddressNotInPool"))
        nanika.until("wrong is refused in an Event",
                     lambda: "198.51.100.99 is in no AddressPool" in self.kubectl("describe", "service", "wrong"))
        assert self.ingress("wrong") == []

    def routers_learn(self):
        address = self.ingress("www")[0] + "/32"
        nanika.until("FRR has the route", lambda: address in self.routes(), 30)
        assert self.routes()[address] == {"64500:100"}, self.routes()
        six = [ip for ip in self.ingress("www-dual") if ":" in ip][0] + "/128"
        nanika.until("FRR has the IPv6 route", lambda: six in self.routes("ipv6"))
        nanika.until("FRR has the backbone's route with its communities",
                     lambda: self.routes().get("100.64.8.15/32") == {"64500:200", "no-export"})
        nanika.until("the TrafficIP says so", lambda: self.condition("trafficip", "svc-www", "Advertised")[0] == "True")
        nanika.until("the peer says so", lambda: self.condition("bgppeer", "edge-1", "Established")[0] == "True")

    def clients_are_served(self):
        for service in ("www", "www-dual"):
            for address in self.ingress(service):
                host = f"[{address}]" if ":" in address else address
                nanika.until(f"a page from {host}", lambda h=host: "pod: default/www-" in self.page(h))
        assert "client: 198.51.100.10" in self.page(self.ingress("www")[0])

    def mending_serves(self):
        self.kubectl("annotate", "service", "wrong", "network.nanika.dev/addresses-")
        nanika.until("wrong is served once mended", lambda: self.ingress("wrong"))

    def deletion_withdraws(self):
        address = self.ingress("www")[0] + "/32"
        self.kubectl("delete", "service", "www")
        nanika.until("FRR lost the route", lambda: address not in self.routes())
        assert "100.64.8.15/32" in self.routes(), "the others stay"

    def tell(self):
        self.apply()
        self.addresses_are_given()
        self.refusals_say_why()
        self.routers_learn()
        self.clients_are_served()
        self.mending_serves()
        self.deletion_withdraws()
