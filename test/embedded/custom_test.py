#!/usr/bin/env python3
"""kubectl with CustomResourceDefinitions: columns, validation, scale, explain, and what goes when they go."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402
import stories  # noqa: E402

SCHEMA = {
    "type": "object", "description": "A machine that sells drinks.", "properties": {
        "spec": {"type": "object", "required": ["drink"], "description": "What is wanted.", "properties": {
            "drink": {"type": "string", "description": "Its name.", "enum": ["tea", "water"]},
            "size": {"type": "integer", "minimum": 1, "maximum": 5, "default": 3},
            "replicas": {"type": "integer"},
            "slots": {"type": "array", "maxItems": 3, "x-kubernetes-list-type": "map",
                      "x-kubernetes-list-map-keys": ["name"],
                      "items": {"type": "object", "required": ["name"], "properties": {
                          "name": {"type": "string"}, "price": {"type": "integer"}}}}}},
        "status": {"type": "object", "properties": {"replicas": {"type": "integer"}, "phase": {"type": "string"}}}}}


def definition(group):
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "machines." + group},
        "spec": {"group": group, "scope": "Namespaced",
                 "names": {"plural": "machines", "singular": "machine", "kind": "Machine", "shortNames": ["mach"],
                           "categories": ["drinks"]},
                 "versions": [{
                     "name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": SCHEMA},
                     "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas",
                                                              "statusReplicasPath": ".status.replicas"}},
                     "additionalPrinterColumns": [
                         {"name": "Drink", "type": "string", "jsonPath": ".spec.drink"},
                         {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "priority": 1},
                         {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}]}]}}


class Custom(stories.Kubectl):

    def setUp(self):
        super().setUp()
        self.group = f"k{self.minor}.example.com"
        self.crd = "machines." + self.group
        text = json.dumps(definition(self.group))
        self.assertIn("created", self.k("create", "-f", "-", stdin=text, namespace=False))
        self.k("wait", "crd/" + self.crd, "--for=condition=Established", "--timeout=20s", namespace=False)

    def tearDown(self):
        self.server.run("delete", "crd", self.crd, "--ignore-not-found", program=self.program)
        super().tearDown()

    def machine(self, name="m", **spec):
        return json.dumps({"apiVersion": self.group + "/v1", "kind": "Machine", "metadata": {"name": name},
                           "spec": {"drink": "tea", **spec}})

    def test_columns_names_and_defaults(self):
        self.k("create", "-f", "-", stdin=self.machine())
        table = stories.rows(self.k("get", "machines"))
        self.assertEqual([["NAME", "DRINK", "AGE"], ["m", "tea"]], [table[0], table[1][:2]])
        wide = stories.rows(self.k("get", "mach", "-o", "wide"))
        self.assertEqual([["NAME", "DRINK", "SIZE", "AGE"], ["m", "tea", "3"]], [wide[0], wide[1][:3]])
        self.assertEqual(f"machine.{self.group}/m\n", self.k("get", "drinks", "-o", "name"))
        self.assertRegex(self.k("describe", "machine", "m"), r"Spec:\n  Drink:\s+tea\n  Size:\s+3\n")
        self.assertRegex(self.k("api-resources", "--api-group=" + self.group),
                         rf"machines\s+mach\s+{self.group}/v1\s+true\s+Machine")
        self.assertIn(self.group + "/v1\n", self.k("api-versions"))
        self.assertRegex(self.k("get", "crd", self.crd, namespace=False),
                         rf"NAME\s+SCOPE\s+VERSIONS\s+CREATED AT\n{self.crd}\s+Namespaced\s+v1\(storage\)\s")

    def test_explain(self):
        def explained():
            done = self.run_("explain", "machine.spec")
            return done.stdout if done.returncode == 0 else None

        text = nanika.until("the schema is published", explained)
        self.assertIn("What is wanted.", text)
        self.assertRegex(text, r"drink\s+<string> -required-")
        self.assertRegex(text, r"slots\s+<\[\]Object>")
        self.assertIn("A machine that sells drinks.", self.k("explain", "machines", "--api-version", self.group + "/v1"))
        self.assertRegex(self.k("explain", "service.spec.ports.port"), r"<integer>")
        self.assertIn('field "nothing" does not exist', self.fails("explain", "service.spec.nothing"))

    @stories.since(27)
    def test_validation_names_every_fault(self):
        error = self.fails("create", "-f", "-", "--validate=false",
                           stdin=self.machine(drink="gin", size=9, slots=[{"name": "a"}, {"name": "a"}]))
        self.assertIn('The Machine "m" is invalid', error)
        self.assertIn('spec.drink: Unsupported value: "gin": supported values: "tea", "water"', error)
        self.assertIn("spec.size: Invalid value: 9: spec.size in body should be less than or equal to 5", error)
        self.assertIn('spec.slots[1]: Duplicate value: {"name":"a"}', error)
        self.assertIn('spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
                      self.fails("create", "-f", "-", "--validate=false", stdin=self.machine(size="big")))
        strict = self.fails("create", "-f", "-", stdin=self.machine(flavour="mint"))
        self.assertIn('unknown field "spec.flavour"', strict)
        self.assertIn('Warning: unknown field "spec.flavour"',
                      self.warned("create", "-f", "-", "--validate=warn", stdin=self.machine(flavour="mint")))
        self.assertNotIn("mint", self.k("get", "machine", "m", "-o", "json"))
        self.assertIn("application/strategic-merge-patch+json is not supported", self.fails(
            "patch", "machine", "m", "--type=strategic", "-p", '{"spec":{"size":1}}'))

    @stories.since(27)
    def test_apply_patch_and_status(self):
        self.k("apply", "-f", "-", stdin=self.machine(size=1))
        self.assertIn("unchanged", self.k("apply", "-f", "-", stdin=self.machine(size=1)))
        self.assertIn("configured", self.k("apply", "-f", "-", stdin=self.machine(size=2)))
        self.assertIn("serverside-applied", self.k(
            "apply", "--server-side", "--field-manager=x", "-f", "-", stdin=self.machine(
                "s", slots=[{"name": "a", "price": 1}])))
        self.k("apply", "--server-side", "--field-manager=y", "-f", "-", stdin=self.machine(
            "s", slots=[{"name": "b", "price": 2}]))
        self.assertEqual('[{"name":"a","price":1},{"name":"b","price":2}]',
                         self.k("get", "machine", "s", "-o", "jsonpath={.spec.slots}"))
        self.k("patch", "machine", "m", "--subresource=status", "--type=merge",
               "-p", '{"status":{"phase":"Brewing"},"spec":{"size":5}}')
        got = json.loads(self.k("get", "machine", "m", "-o", "json"))
        self.assertEqual(("Brewing", 2, 2), (got["status"]["phase"], got["spec"]["size"],
                                             got["metadata"]["generation"]))
        diff = self.run_("diff", "-f", "-", stdin=self.machine(size=4))
        self.assertRegex(diff.stdout, r"(?s)-  size: 2\n\+  size: 4", diff.stderr)

    def test_scale(self):
        self.k("create", "-f", "-", stdin=self.machine(replicas=1))
        self.assertIn("scaled", self.k("scale", "machine/m", "--replicas=4"))
        self.assertEqual("4", self.k("get", "machine", "m", "-o", "jsonpath={.spec.replicas}"))
        self.fails("scale", "machine/m", "--replicas=5", "--current-replicas=1")
        scale = self.ok("GET", f"/apis/{self.group}/v1/namespaces/{self.ns}/machines/m/scale")
        self.assertEqual(("autoscaling/v1", "Scale", 4), (scale["apiVersion"], scale["kind"],
                                                          scale["spec"]["replicas"]))

    def test_broken_definitions_are_refused(self):
        bad = definition("other.example.com")
        bad["spec"]["versions"][0]["schema"] = {"openAPIV3Schema": {"type": "object", "properties": {"spec": {}}}}
        bad["metadata"]["name"] = "machines.example.com"
        error = self.fails("create", "-f", "-", "--validate=false", stdin=json.dumps(bad), namespace=False)
        self.assertIn('metadata.name: Invalid value: "machines.example.com": must be '
                      'spec.names.plural+"."+spec.group', error)
        self.assertIn("properties[spec].type: Required value: must not be empty for specified object fields", error)

    def test_all_goes_with_the_definition(self):
        self.k("create", "-f", "-", stdin=self.machine())
        self.k("delete", "crd", self.crd, namespace=False)
        self.assertIn("the server doesn't have a resource type", self.fails("get", "machines." + self.group))
        self.k("create", "-f", "-", stdin=json.dumps(definition(self.group)), namespace=False)
        self.k("wait", "crd/" + self.crd, "--for=condition=Established", "--timeout=20s", namespace=False)
        self.assertEqual("", self.k("get", "machines." + self.group, "-o", "name"))


if __name__ == "__main__":
    stories.main(Custom)
