"""What a plug-in did wrong: collected inside callbacks, which cannot raise, and raised after."""

import threading


class PluginFault(AssertionError):
    """The plug-in broke rules of OpenFX; one sentence each."""


class Refused(Exception):
    """A suite function answers `status`; with a `fault`, the plug-in was wrong to ask."""

    def __init__(self, status, fault=None):
        super().__init__(fault)
        self.status, self.fault = status, fault


class Faults:
    """A list that all threads of a host may add to."""

    def __init__(self):
        self._lock = threading.Lock()
        self._sentences = []

    def add(self, sentence):
        with self._lock:
            if sentence not in self._sentences:
                self._sentences.append(sentence)

    def taken(self):
        """The sentences so far; the list is empty afterwards."""
        with self._lock:
            sentences, self._sentences = self._sentences, []
        return sentences

    def check(self):
        """Raise PluginFault when there is anything in the list."""
        sentences = self.taken()
        if sentences:
            raise PluginFault("\n".join(sentences))
