"""The interface from Python, through ctypes alone: a file without a sync is
lost, and one with it is not. The one argument is the shared library."""

import ctypes
import os
import sys

pc = ctypes.CDLL(sys.argv[1])
HANDLE = ctypes.c_void_p
pc.pc_next.restype = HANDLE
pc.pc_report.restype = ctypes.c_char_p
for name in ("pc_next", "pc_report", "pc_result", "pc_states_free",
             "pc_world_free"):
    getattr(pc, name).argtypes = [HANDLE]
READ, WRITE, CREATE = 1, 2, 4
HOLDS, VIOLATES = 0, 1


def explore(sync):
    world = HANDLE()
    assert pc.pc_world_new(None, ctypes.byref(world)) == 0
    file = pc.pc_open(world, b"/f", READ | WRITE | CREATE)
    pc.pc_start(world)
    pc.pc_write(world, file, b"data", ctypes.c_size_t(4), ctypes.c_uint64(0))
    if sync:
        assert pc.pc_sync(world, file, 0) == 0
    pc.pc_ack(world, ctypes.c_uint64(1))
    states = HANDLE()
    assert pc.pc_explore(world, None, ctypes.byref(states)) == 0
    while True:
        disk = pc.pc_next(states)
        if not disk:
            break
        disk = HANDLE(disk)
        buffer = ctypes.create_string_buffer(4)
        found = pc.pc_open(disk, b"/f", READ)
        pc.pc_read(disk, found, buffer, ctypes.c_size_t(4), ctypes.c_uint64(0))
        if pc.pc_must_have(states, ctypes.c_uint64(1)) and buffer.raw != b"data":
            pc.pc_violation(states, b"data-lost", None, b"consumer.py", 45)
    print(pc.pc_report(states).decode())
    result = pc.pc_result(states)
    pc.pc_states_free(states)
    pc.pc_world_free(world)
    return result


assert os.path.exists(sys.argv[1])
assert explore(sync=False) == VIOLATES
assert explore(sync=True) == HOLDS
