#!/usr/bin/env python3
"""kubectl: apply on the client and on the server, diff, patch, edit, dry run, field validation."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import stories  # noqa: E402


def config_map(name="c", **data):
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


class Apply(stories.Kubectl):

    def data(self, name="c"):
        return json.loads(self.k("get", "cm", name, "-o", "jsonpath={.data}") or "{}")

    def test_apply_on_the_client(self):
        self.assertEqual("configmap/c created\n", self.k("apply", "-f", "-", stdin=config_map(a="1", b="2")))
        self.assertEqual("configmap/c unchanged\n", self.k("apply", "-f", "-", stdin=config_map(a="1", b="2")))
        self.k("patch", "cm", "c", "-p", '{"data":{"mine":"kept"}}')
        self.assertEqual("configmap/c configured\n", self.k("apply", "-f", "-", stdin=config_map(a="3")))
        self.assertEqual({"a": "3", "mine": "kept"}, self.data())

    @stories.since(27)
    def test_apply_prunes_and_lists(self):
        both = '{"apiVersion":"v1","kind":"List","items":[%s,%s]}'
        self.k("apply", "-f", "-", "--prune", "-l", "app=x", "--prune-allowlist=core/v1/ConfigMap",
               stdin=both % tuple(config_map(n).replace('"name"', '"labels":{"app":"x"},"name"') for n in "pq"))
        self.k("apply", "-f", "-", "--prune", "-l", "app=x", "--prune-allowlist=core/v1/ConfigMap",
               stdin=config_map("q").replace('"name"', '"labels":{"app":"x"},"name"'))
        self.assertEqual("configmap/q\n", self.k("get", "cm", "-l", "app=x", "-o", "name"))

    @stories.since(27)
    def test_apply_on_the_server(self):
        def apply(text, *flags, call=self.k):
            return call("apply", "--server-side", "-f", "-", *flags, stdin=text)

        self.assertEqual("configmap/c serverside-applied\n", apply(config_map(a="1", b="2"), "--field-manager=one"))
        conflict = apply(config_map(a="9"), "--field-manager=two", call=self.fails)
        self.assertIn('Apply failed with 1 conflict: conflict with "one": .data.a', conflict)
        apply(config_map(a="9"), "--field-manager=two", "--force-conflicts")
        self.assertEqual({"a": "9", "b": "2"}, self.data())
        apply(config_map(c="3"), "--field-manager=one")
        self.assertEqual({"a": "9", "c": "3"}, self.data())
        fields = json.loads(self.k("get", "cm", "c", "-o", "json", "--show-managed-fields"))["metadata"]
        self.assertEqual({("one", "Apply"), ("two", "Apply")},
                         {(entry["manager"], entry["operation"]) for entry in fields["managedFields"]})

    @stories.since(27)
    def test_from_the_client_to_the_server(self):
        self.k("apply", "-f", "-", stdin=config_map(a="1", b="2"))
        self.k("apply", "--server-side", "-f", "-", stdin=config_map(a="1"))
        self.assertEqual({"a": "1"}, self.data())

    def test_diff(self):
        self.assertIn("+  a: \"1\"", self.run_("diff", "-f", "-", stdin=config_map(a="1")).stdout)
        self.k("apply", "-f", "-", stdin=config_map(a="1"))
        self.assertEqual(0, self.run_("diff", "-f", "-", stdin=config_map(a="1")).returncode)
        changed = self.run_("diff", "-f", "-", stdin=config_map(a="2"))
        self.assertEqual(1, changed.returncode, changed.stderr)
        self.assertRegex(changed.stdout, r'(?s)\n-  a: "1"\n\+  a: "2"')
        changed = self.run_("diff", "--server-side", "--force-conflicts", "-f", "-", stdin=config_map(a="2"))
        self.assertRegex(changed.stdout, r'(?s)\n-  a: "1"\n\+  a: "2"', changed.stderr)
        self.assertEqual({"a": "1"}, self.data())

    @stories.since(27)
    def test_three_kinds_of_patch(self):
        self.k("create", "-f", "-", stdin=config_map(a="1", b="2"))
        self.k("patch", "cm", "c", "--type=merge", "-p", '{"data":{"a":null,"c":"3"}}')
        self.assertEqual({"b": "2", "c": "3"}, self.data())
        self.k("patch", "cm", "c", "--type=json",
               "-p", '[{"op":"test","path":"/data/b","value":"2"},{"op":"move","from":"/data/b","path":"/data/d"}]')
        self.assertEqual({"c": "3", "d": "2"}, self.data())
        self.fails("patch", "cm", "c", "--type=json", "-p", '[{"op":"test","path":"/data/c","value":"no"}]')
        self.k("create", "service", "clusterip", "s", "--tcp=80")
        self.k("patch", "service", "s", "-p", '{"spec":{"ports":[{"name":"more","port":81}]}}', "--type=strategic")
        ports = json.loads(self.k("get", "service", "s", "-o", "jsonpath={.spec.ports}"))
        self.assertEqual({80, 81}, {port["port"] for port in ports})
        self.k("patch", "service", "s", "--type=strategic",
               "-p", '{"spec":{"ports":[{"$patch":"delete","port":80}]}}')
        ports = json.loads(self.k("get", "service", "s", "-o", "jsonpath={.spec.ports}"))
        self.assertEqual([81], [port["port"] for port in ports])
        self.k("patch", "service", "s", "--subresource=status", "--type=merge",
               "-p", '{"status":{"loadBalancer":{}},"spec":{"type":"NodePort"}}')
        self.assertEqual("ClusterIP", self.k("get", "service", "s", "-o", "jsonpath={.spec.type}"))
        self.assertIn("no change", self.k("patch", "cm", "c", "-p", "{}"))

    def test_edit(self):
        self.k("create", "-f", "-", stdin=config_map(a="before"))
        out = self.k("edit", "cm", "c", env={"KUBE_EDITOR": "sed -i s/before/after/"})
        self.assertEqual("configmap/c edited\n", out)
        self.assertEqual({"a": "after"}, self.data())
        self.assertIn("no changes", self.warned("edit", "cm", "c", env={"KUBE_EDITOR": "true"})
                      + self.k("edit", "cm", "c", env={"KUBE_EDITOR": "true"}))

    def test_dry_run_stores_nothing(self):
        self.assertIn("(server dry run)", self.k("create", "-f", "-", "--dry-run=server", stdin=config_map(a="1")))
        self.fails("get", "cm", "c")
        self.k("create", "-f", "-", stdin=config_map(a="1"))
        self.k("apply", "-f", "-", "--dry-run=server", stdin=config_map(a="2"))
        self.k("apply", "--server-side", "--force-conflicts", "-f", "-", "--dry-run=server", stdin=config_map(a="2"))
        self.k("patch", "cm", "c", "--dry-run=server", "-p", '{"data":{"a":"2"}}')
        self.k("delete", "cm", "c", "--dry-run=server")
        self.assertEqual({"a": "1"}, self.data())
        self.fails("create", "-f", "-", "--dry-run=server", stdin=config_map("Bad_Name"))

    @stories.since(27)
    def test_field_validation(self):
        wrong = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","colour":"red"},"datum":{"a":"b"}}'
        strict = self.fails("create", "-f", "-", stdin=wrong)
        self.assertIn('strict decoding error', strict)
        self.assertIn('unknown field "datum"', strict)
        self.assertIn('unknown field "metadata.colour"', strict)
        warned = self.warned("create", "-f", "-", "--validate=warn", stdin=wrong)
        self.assertIn('Warning: unknown field "datum"', warned)
        self.assertEqual("", self.warned("replace", "-f", "-", "--validate=ignore", stdin=wrong))
        twice = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\ndata: {a: "1"}\ndata: {a: "2"}\n'
        answer = self.api.request("POST", f"/api/v1/namespaces/{self.ns}/configmaps?fieldValidation=Strict", twice,
                                  {"Content-Type": "application/yaml"})
        self.status(answer, 400, "BadRequest", r'key "data" already set in map')

    def test_invalid_objects_name_every_fault(self):
        error = self.fails("create", "-f", "-", stdin=config_map("Bad_Name", **{"bad key": "x"}))
        self.assertIn('The ConfigMap "Bad_Name" is invalid', error)
        self.assertIn("metadata.name: Invalid value", error)
        self.assertIn("data[bad key]: Invalid value", error)
        typed = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":1}}'
        self.assertIn("cannot unmarshal number into Go struct field ConfigMap.data of type string",
                      self.fails("create", "-f", "-", "--validate=false", stdin=typed))


if __name__ == "__main__":
    stories.main(Apply)
