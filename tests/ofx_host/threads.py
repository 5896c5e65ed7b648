"""The multi-thread suite: threads of the host, and mutexes."""

import ctypes
import threading

from . import abi
from .abi import Status
from .faults import Refused

CPUS = 4


class Mutex:
    """A lock that its owner may take again."""

    def __init__(self, handles, count):
        self.lock = threading.RLock()
        self.handle = handles.new(self)
        for _ in range(count):
            self.lock.acquire()

    def __str__(self):
        return "a mutex"


class MultiThreadSuite:
    """The nine functions."""

    def __init__(self, host):
        self._host = host
        self._local = threading.local()

    def multiThread(self, function, count, argument):
        if self.multiThreadIsSpawnedThread():
            raise Refused(Status.EXISTS, "called multiThread inside of multiThread")
        count = count or CPUS
        call = abi.THREAD_FUNCTION(function)
        doing = self._host.doing
        if self._host.profile.serial_threads:
            for index in range(count):
                self._run(call, index, count, argument, doing)
            return
        threads = [
            threading.Thread(target=self._run, args=(call, index, count, argument, doing))
            for index in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _run(self, call, index, count, argument, doing):
        self._local.index = index
        try:
            with self._host.inside(doing):
                call(index, count, argument)
        finally:
            self._local.index = None

    def multiThreadNumCPUs(self, count):
        abi.write(ctypes.c_uint, count, CPUS)

    def multiThreadIndex(self, index):
        abi.write(ctypes.c_uint, index, getattr(self._local, "index", None) or 0)

    def multiThreadIsSpawnedThread(self):
        return int(getattr(self._local, "index", None) is not None)

    def mutexCreate(self, mutex, count):
        abi.write(ctypes.c_void_p, mutex, Mutex(self._host.handles, count).handle)

    def mutexDestroy(self, mutex):
        self._host.handles.get(mutex, Mutex)
        self._host.handles.drop(mutex)

    def mutexLock(self, mutex):
        self._host.handles.get(mutex, Mutex).lock.acquire()

    def mutexUnLock(self, mutex):
        try:
            self._host.handles.get(mutex, Mutex).lock.release()
        except RuntimeError:
            raise Refused(Status.FAILED, "unlocked a mutex that it does not hold") from None

    def mutexTryLock(self, mutex):
        taken = self._host.handles.get(mutex, Mutex).lock.acquire(blocking=False)
        return Status.OK if taken else Status.FAILED
