#!/usr/bin/env python3
"""Watches and lists as informers use them: from a version, with bookmarks, 410, WatchList, pages."""

import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402
import stories  # noqa: E402


class Watches(stories.Story):

    def setUp(self):
        super().setUp()  # what every namespace gets must not come in between
        nanika.until("the namespace has its certificate", lambda: self.api.get(
            self.maps("kube-root-ca.crt")).status == 200)

    def maps(self, name=""):
        return f"/api/v1/namespaces/{self.ns}/configmaps" + ("/" + name if name else "")

    def make(self, name, labels=None, **data):
        return self.ok("POST", self.maps(), {"metadata": {"name": name, "labels": labels or {}}, "data": data})

    def patch(self, name, change):
        return self.ok("PATCH", self.maps(name), json.dumps(change), {"Content-Type": "application/merge-patch+json"})

    def watch(self, query, count, path=None, headers=None):
        """The first `count` events of a watch that is asked for now."""
        client = self.server.client(timeout=20)
        self.addCleanup(client.close)
        response = client.send("GET", f"{path or self.maps()}?watch=true&{query}", headers=headers)
        self.assertEqual(200, response.status, response.read() if response.status != 200 else "")
        events = []
        while len(events) < count:
            line = response.readline()
            self.assertTrue(line, f"ended after {events}")
            events.append(json.loads(line))
        return events

    @staticmethod
    def seen(events):
        return [(event["type"], event["object"]["metadata"].get("name")) for event in events]

    def version(self):
        return self.ok("GET", self.maps())["metadata"]["resourceVersion"]

    def test_from_a_version(self):
        start = self.version()
        self.make("a")
        self.patch("a", {"data": {"k": "v"}})
        self.ok("DELETE", self.maps("a"))
        events = self.watch("resourceVersion=" + start, 3)
        self.assertEqual([("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")], self.seen(events))
        versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
        self.assertEqual(sorted(versions), versions)
        self.assertGreater(versions[0], int(start))

    def test_without_a_version_what_is_there_comes_first(self):
        self.make("b")
        self.make("a")
        events = self.watch("fieldSelector=metadata.name!=kube-root-ca.crt", 2)
        self.assertEqual({("ADDED", "a"), ("ADDED", "b")}, set(self.seen(events)))

    def test_leaving_the_selector_is_a_deletion(self):
        start = self.version()
        self.make("a", {"on": "yes"})
        self.patch("a", {"metadata": {"labels": {"on": "no"}}})
        self.patch("a", {"metadata": {"labels": {"on": "yes"}}})
        self.assertEqual([("ADDED", "a"), ("DELETED", "a"), ("ADDED", "a")],
                         self.seen(self.watch(f"labelSelector=on%3Dyes&resourceVersion={start}", 3)))

    def test_watch_list(self):
        self.make("a")
        query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion="
        events = self.watch(query + "&fieldSelector=metadata.name%3Da", 2)
        self.assertEqual("ADDED", events[0]["type"])
        self.assertEqual("BOOKMARK", events[1]["type"])
        self.assertEqual("true", events[1]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"])
        self.assertEqual(("ConfigMap", "v1"), (events[1]["object"]["kind"], events[1]["object"]["apiVersion"]))
        answer = self.api.get(self.maps() + "?watch=true&sendInitialEvents=true")
        self.status(answer, 422, "Invalid", "resourceVersionMatch is forbidden|sendInitialEvents")

    def test_a_version_that_is_gone_or_not_there_yet(self):
        events = self.watch("resourceVersion=1", 1)
        if events[0]["type"] == "ERROR":  # compacted: a server that kept all may send it
            self.assertEqual((410, "Expired"), (events[0]["object"]["code"], events[0]["object"]["reason"]))
        far = self.api.get(self.maps() + "?resourceVersion=999999999&resourceVersionMatch=NotOlderThan")
        got = self.status(far, 504, "Timeout", "Too large resource version: 999999999, current: [0-9]+")
        self.assertEqual("ResourceVersionTooLarge", got["details"]["causes"][0]["reason"])
        self.status(self.api.get(self.maps() + "?limit=1&continue=bm90IG91cnM"), 400, "BadRequest", "continue")

    def test_table_and_metadata_events(self):
        start = self.version()
        self.make("a", x="1")
        table = self.watch("resourceVersion=" + start, 1, headers={
            "Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})[0]["object"]
        self.assertEqual(("Table", ["a", 1]), (table["kind"], table["rows"][0]["cells"][:2]))
        partial = self.watch("resourceVersion=" + start, 1, headers={
            "Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"})[0]["object"]
        self.assertEqual("PartialObjectMetadata", partial["kind"])
        self.assertNotIn("data", partial)

    def test_a_watch_ends_by_its_timeout(self):
        client = self.server.client(timeout=20)
        self.addCleanup(client.close)
        response = client.send("GET", self.maps() + "?watch=true&timeoutSeconds=1&resourceVersion=" + self.version())
        self.assertEqual(b"", response.read())

    def test_pages(self):
        for number in range(7):
            self.make(f"page-{number}", {"page": "yes"})
        path = self.maps() + "?labelSelector=page%3Dyes&limit=3"
        first = self.ok("GET", path)
        self.assertEqual(["page-0", "page-1", "page-2"], [item["metadata"]["name"] for item in first["items"]])
        self.ok("DELETE", self.maps("page-4"))
        self.make("page-9", {"page": "yes"})
        names, token = [], first["metadata"]["continue"]
        while token:
            page = self.ok("GET", path + "&continue=" + token)
            names += [item["metadata"]["name"] for item in page["items"]]
            self.assertEqual(first["metadata"]["resourceVersion"], page["metadata"]["resourceVersion"])
            token = page["metadata"].get("continue")
        self.assertEqual(["page-3", "page-4", "page-5", "page-6"], names, "a page is of the version of the first one")
        whole = self.ok("GET", self.maps() + "?limit=2")
        self.assertEqual(whole["metadata"]["remainingItemCount"] + 2, len(self.ok("GET", self.maps())["items"]))

    def test_every_watcher_sees_the_same_order(self):
        start, wanted = self.version(), 60
        results = [None] * 4

        def watch(slot):
            results[slot] = self.seen(self.watch("resourceVersion=" + start, wanted))

        threads = [threading.Thread(target=watch, args=(slot,)) for slot in range(len(results))]
        for thread in threads:
            thread.start()

        def write(prefix):
            client = self.server.client()
            for number in range(wanted // 3):
                name = f"{prefix}{number}"
                client.request("POST", self.maps(), {"metadata": {"name": name}})
            client.close()

        writers = [threading.Thread(target=write, args=(prefix,)) for prefix in "abc"]
        for thread in writers:
            thread.start()
        for thread in writers + threads:
            thread.join(30)
        self.assertEqual(wanted, len(results[0] or []))
        for result in results:
            self.assertEqual(results[0], result)


if __name__ == "__main__":
    stories.main(Watches)
