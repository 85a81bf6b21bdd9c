"""A small interpreter of classic BPF, so that the filter of any architecture can be asked what it would answer."""

import struct

INSTRUCTION = struct.Struct("<HBBI")


def answer(code, *, architecture, number, arguments=()):
    """Return what the filter says to one system call; raises when it runs off its end or jumps backwards."""
    values = [*(argument & (1 << 64) - 1 for argument in arguments), *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, architecture, 0, *values)
    program = list(INSTRUCTION.iter_unpack(code))
    place = accumulator = 0
    while True:
        operation, if_true, if_false, constant = program[place]
        place += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, constant)
            case 0x54:
                accumulator &= constant
            case 0x15:
                place += if_true if accumulator == constant else if_false
            case 0x35:
                place += if_true if accumulator >= constant else if_false
            case 0x45:
                place += if_true if accumulator & constant else if_false
            case 0x06:
                return constant
            case _:
                message = f"no such instruction: {operation:#x}"
                raise ValueError(message)
