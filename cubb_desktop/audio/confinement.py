"""What a process that reads untrusted bytes gives up for good before it sees the first: memory, files, others.

POSIX sets its limits of resources, Linux a filter of system calls besides, Windows a job object. What a system does
not know is left out: the parent's own counters and its watch over time hold everywhere.
"""

from __future__ import annotations

import ctypes
import platform
import signal
import struct
import sys
from contextlib import suppress

MEMORY_BYTES = 1 << 30
_STDIO = 3  # descriptors below this are open already; no other can be opened


def confine() -> None:
    """Give up everything but reading and writing what is open, memory up to `MEMORY_BYTES`, and time."""
    if sys.platform == "win32":
        _enter_job()
        return
    _limit_resources()
    if sys.platform == "linux":
        _filter_system_calls()


def end_after(cpu_seconds: float) -> None:
    """End this process when it has used so much more processor time, unless this is called again before (POSIX).

    Time spent waiting for the parent does not count. A parent that is gone can't watch; this can.
    """
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)


def check_memory() -> None:
    """Raise `MemoryError` when too much has been used, on systems that take no limit (macOS)."""
    if sys.platform == "darwin":
        import resource

        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > MEMORY_BYTES:
            raise MemoryError


# --- POSIX -----------------------------------------------------------------------------------------------------------


def _limit_resources() -> None:
    import resource

    limits = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_NOFILE: _STDIO,
    }
    for limit, value in limits.items():
        with suppress(ValueError, OSError):  # not every system has every limit
            resource.setrlimit(limit, (value, value))


# --- Linux -----------------------------------------------------------------------------------------------------------

# machine: its number in seccomp (AUDIT_ARCH_...), and the numbers of the calls that decoding in Python needs
_ALLOWED: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "read": 0, "write": 1, "close": 3, "fstat": 5, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
            "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "writev": 20, "sched_yield": 24,
            "mremap": 25, "madvise": 28, "setitimer": 38, "getpid": 39, "exit": 60, "gettimeofday": 96, "getrusage": 98,
            "gettid": 186, "futex": 202, "clock_gettime": 228, "clock_nanosleep": 230, "exit_group": 231,
            "getrandom": 318,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "close": 57, "lseek": 62, "read": 63, "write": 64, "writev": 66, "fstat": 80, "exit": 93, "exit_group": 94,
            "futex": 98, "setitimer": 103, "clock_gettime": 113, "clock_nanosleep": 115, "sched_yield": 124,
            "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "getrusage": 165, "gettimeofday": 169,
            "getpid": 172, "gettid": 178, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226,
            "madvise": 233, "getrandom": 278,
        },
    ),
}  # fmt: skip
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, _PR_SET_NO_NEW_PRIVS = 22, 2, 38
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_CALL_PLACE, _MACHINE_PLACE = 0, 4  # of a call's number and its machine in struct seccomp_data
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000  # _REFUSE: the call fails with EPERM


def _filter_system_calls() -> None:
    """Let every system call fail but those that decoding needs; a machine that is not listed goes without."""
    known = _ALLOWED.get(platform.machine())
    if known is None:
        return
    program = _program(*known)
    kept = ctypes.create_string_buffer(program)
    # struct sock_fprog: the number of instructions, then, where a pointer may stand, where they are
    described = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(kept)))
    control = ctypes.CDLL(None, use_errno=True).prctl
    control.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    control(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    control(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(described), 0, 0)


def _program(machine: int, calls: dict[str, int]) -> bytes:
    """Return the filter as classic BPF: each instruction is (code, jump if so, jump if not, value)."""
    numbers = sorted(calls.values())
    lines = [(_LOAD, 0, 0, _MACHINE_PLACE), (_JUMP_IF_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _KILL)]
    lines.append((_LOAD, 0, 0, _CALL_PLACE))
    lines += [(_JUMP_IF_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    lines += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


# --- Windows ---------------------------------------------------------------------------------------------------------


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("BasicLimitInformation", _BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


_ACTIVE_PROCESS, _PROCESS_MEMORY, _DIE_ON_UNHANDLED_EXCEPTION = 0x8, 0x100, 0x400
_EXTENDED_LIMIT_INFORMATION = 9
_NO_ERROR_BOXES = 0x1 | 0x2 | 0x8000


def _enter_job() -> None:
    """Put this process into a job of its own: one process, so much memory, no box on the screen when it goes down."""
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")
        kernel.SetErrorMode(_NO_ERROR_BOXES)
        kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.AssignProcessToJobObject.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        kernel.SetInformationJobObject.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32]
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _ACTIVE_PROCESS | _PROCESS_MEMORY | _DIE_ON_UNHANDLED_EXCEPTION
        limits.BasicLimitInformation.ActiveProcessLimit = 1
        limits.ProcessMemoryLimit = MEMORY_BYTES
        job = kernel.CreateJobObjectW(None, None)
        size = ctypes.sizeof(limits)
        kernel.SetInformationJobObject(job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), size)
        kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())
