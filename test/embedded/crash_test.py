#!/usr/bin/env python3
"""kill -9 under 16 writers, again and again: every answered write is there, whole, and no half one."""

import http.client
import os
import signal
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402
import stories  # noqa: E402

WRITERS = 16
KILLS = 20
ANSWERS = 150  # in each round, before the kill
MAPS = "/api/v1/namespaces/default/configmaps"


class Writer:
    """Creates, updates and deletes objects of its own; remembers what it was told."""

    def __init__(self, number):
        self.name, self.count, self.answers = f"w{number}", 0, 0
        self.told = {}      # name -> (step, resourceVersion) that was answered last
        self.gone = set()   # names whose deletion was answered
        self.unsure = {}    # name -> step of the request that got no answer; None: a deletion
        self.refused = None

    @staticmethod
    def body(name, step):
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name},
                "data": {"step": str(step), "copy": str(step), "fill": f"{step}-" * 200}}

    def run(self, server, stop):
        client = server.client(timeout=10)
        try:
            while not stop.is_set():
                self.step(client)
        except (OSError, http.client.HTTPException):
            return  # the server is gone: what was asked last may have happened or not
        finally:
            client.close()

    def step(self, client):
        self.count += 1
        name = f"{self.name}-{self.count // 4}"
        if name not in self.told:
            self.ask(client, name, "POST", MAPS)
        elif self.count % 8 == 3:
            self.ask(client, name, "DELETE", f"{MAPS}/{name}")
        else:
            self.ask(client, name, "PUT", f"{MAPS}/{name}")

    def ask(self, client, name, method, path):
        step = None if method == "DELETE" else self.count
        self.unsure[name] = step
        answer = client.request(method, path, None if step is None else self.body(name, step))
        if answer.status not in (200, 201):
            self.refused = f"{method} {path}: {answer.status} {answer.text}"
            raise ConnectionError(self.refused)
        del self.unsure[name]
        if step is None:
            self.told.pop(name)
            self.gone.add(name)
        else:
            self.told[name] = (step, answer.json()["metadata"]["resourceVersion"])
        self.answers += 1

    def check(self, stored):
        """Compares what is stored with what was answered, and goes on from what is stored."""
        assert self.refused is None, self.refused
        for name in {*self.told, *self.unsure, *self.gone}:
            found = stored.get(name)
            step = found and int(found["data"]["step"])
            told, version = self.told.get(name, (None, None))
            assert step in {told, self.unsure.get(name, told)}, f"{name}: stored {step}, answered {told}"
            if found:
                assert found["data"] == self.body(name, step)["data"], f"{name} is half written"
                assert step != told or found["metadata"]["resourceVersion"] == version, name
                self.told[name] = (step, found["metadata"]["resourceVersion"])
            else:
                self.told.pop(name, None)
        self.unsure.clear()


class Crash(unittest.TestCase):

    def test_answered_writes_outlive_kill_9(self):
        with nanika.Server() as server:
            writers = [Writer(number) for number in range(WRITERS)]
            version, slowest = 0, 0.0
            for kill in range(KILLS):
                stop = threading.Event()
                before = sum(writer.answers for writer in writers)
                threads = [threading.Thread(target=writer.run, args=(server, stop)) for writer in writers]
                for thread in threads:
                    thread.start()
                nanika.until("the writers write", lambda: sum(
                    writer.answers for writer in writers) >= before + ANSWERS + 7 * kill, every=0.001)
                self.assertEqual(-signal.SIGKILL, server.stop(signal.SIGKILL))
                stop.set()
                for thread in threads:
                    thread.join(20)
                    self.assertFalse(thread.is_alive())
                server.start()
                slowest = max(slowest, server.ready_seconds)
                answer = server.client().get(MAPS).json()
                self.assertGreater(int(answer["metadata"]["resourceVersion"]), version, "versions never go back")
                version = int(answer["metadata"]["resourceVersion"])
                stored = {item["metadata"]["name"]: item for item in answer["items"]}
                for writer in writers:
                    writer.check(stored)
            told = sum(writer.answers for writer in writers)
            print(f"{KILLS} kills, {told} answered writes, none lost; slowest start {slowest * 1000:.0f} ms")


if __name__ == "__main__":
    stories.main(Crash)
