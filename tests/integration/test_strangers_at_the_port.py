"""Another user of this machine at the farm's loopback port: never served, whatever else it does."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

import opencue
from tests.conftest import FarmBox, wait_until
from tests.strangers import as_stranger, need_a_second_user, said_by_stranger

ASK = """
def ask(host, port, source=None, family=socket.AF_INET):
    '''Ask the farm for its state over HTTP/2 by hand, from a port of our choice.'''
    end = socket.socket(family)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if source is not None:
        end.bind(source)
    end.settimeout(20)
    end.connect((host, port))
    literal = lambda name, value: b'\\0' + bytes([len(name)]) + name + bytes([len(value)]) + value
    block = b''.join([literal(b':method', b'POST'), literal(b':scheme', b'http'),
        literal(b':path', b'/cuelet.Farm/Info'), literal(b':authority', b'x'),
        literal(b'te', b'trailers'), literal(b'content-type', b'application/grpc')])
    frame = lambda kind, flags, stream, body: (
        len(body).to_bytes(3, 'big') + bytes([kind, flags]) + stream.to_bytes(4, 'big') + body)
    try:
        end.sendall(b'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n' + frame(4, 0, 0, b'')
            + frame(1, 4, 1, block) + frame(0, 1, 1, b'\\0\\0\\0\\0\\2{}'))
        heard = b''
        while b'state_dir' not in heard and b'grpc-status' not in heard:
            more = end.recv(65536)
            if not more:
                break
            heard += more
    except OSError:
        heard = b''
    return 'SERVED' if b'state_dir' in heard else 'refused', end
"""
DECOYS = """
port, where = int(sys.argv[1]), sys.argv[2:]
def decoy(family, local, remote):
    '''Leave a TIME_WAIT behind whose far port is the farm's.'''
    with socket.socket(family) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((remote, port)); server.listen()
        with socket.socket(family) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.bind((local, 0)); client.connect((remote, port))
            other, _ = server.accept()
            source = client.getsockname()[1]
            client.close(); other.recv(1); other.close()
    return source
said = []
for remote in where:
    for mapped in (True, False) * 4:
        family = socket.AF_INET6 if ':' in remote else socket.AF_INET
        local = {'::1': '::1'}.get(remote, '::ffff:127.0.0.1' if ':' in remote else '127.0.0.1')
        source = decoy(family, local, remote)
        if mapped:
            said.append(ask('::ffff:127.0.0.1', port, ('::ffff:127.0.0.1', source),
                socket.AF_INET6)[0])
        else:
            said.append(ask('127.0.0.1', port, ('127.0.0.1', source))[0])
print(len(said), ' '.join(sorted(set(said))))
"""


def port_of(farm: FarmBox) -> int:
    return int(farm.info["address"].rpartition(":")[2])


def memory_mb(farm: FarmBox) -> float:
    """Return the most memory the farm's process ever had resident, in MB."""
    lines = Path(f"/proc/{farm.info['pid']}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def test_a_plain_call_is_denied_and_says_why(farm: FarmBox) -> None:
    said = said_by_stranger(
        "call = grpc.insecure_channel(sys.argv[1]).unary_unary('/cuelet.Farm/Info')\n"
        "try: call(b'{}', timeout=20); print('served')\n"
        "except grpc.RpcError as error: print(error.code().name, error.details())\n",
        farm.info["address"],
        imports="grpc, grpc._channel",
    )

    assert said == "PERMISSION_DENIED this farm serves only the user it runs as"


def test_the_hand_made_request_is_one_that_its_owner_is_served(farm: FarmBox) -> None:
    need_a_second_user()
    said = said_by_stranger(
        ASK + "print(ask('127.0.0.1', int(sys.argv[1]))[0])", port_of(farm), uid=os.getuid()
    )
    assert said == "SERVED"


@pytest.mark.parametrize(
    "where",
    [["127.0.0.9"], ["127.0.0.2", "127.1.2.3"], ["::1"], ["::ffff:127.0.0.9"]],
    ids=" ".join,
)
def test_what_closed_connections_leave_behind_opens_no_door(
    farm: FarmBox, where: list[str]
) -> None:
    count, *verdicts = said_by_stranger(ASK + DECOYS, port_of(farm), *where).split()

    assert int(count) > 0
    assert verdicts == ["refused"]
    assert farm.cuelet("jobs").returncode == 0


def test_a_port_that_was_ours_a_moment_ago_opens_no_door(farm: FarmBox) -> None:
    code = (
        ASK + "said, end = ask('127.0.0.1', int(sys.argv[1]), ('127.0.0.1', int(sys.argv[2])))\n"
        "end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n"
        "print(said, end.getsockname()[1])\n"
    )
    source = "0"
    for _ in range(3):
        ours, source = said_by_stranger(code, port_of(farm), source, uid=os.getuid()).split()
        theirs = said_by_stranger(code, port_of(farm), source)

        assert (ours, theirs) == ("SERVED", f"refused {source}")


def test_a_dead_request_gains_nothing_by_an_owner_who_gets_its_port(farm: FarmBox) -> None:
    """The farm is stopped meanwhile, so that it finds both in its queue when it wakes."""
    need_a_second_user()
    port, pid = port_of(farm), int(farm.info["pid"])
    stop = ASK.replace("/cuelet.Farm/Info", "/cuelet.Farm/Stop").replace(
        "        heard = b''\n        while", "        print(end.getsockname()[1])\n"
        "        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n"
        "        end.close(); os._exit(0)\n        while",
    )  # fmt: skip
    code = stop.replace("print(end.getsockname()[1])", "os.write(1, b'%d' % end.getsockname()[1])")
    os.kill(pid, signal.SIGSTOP)
    try:
        source = int(said_by_stranger(code + "ask('127.0.0.1', int(sys.argv[1]))", port))
        ours = socket.create_connection(
            ("127.0.0.1", port), source_address=("127.0.0.1", source), timeout=20
        )
    finally:
        os.kill(pid, signal.SIGCONT)

    with ours:
        assert farm.json("farm", "status")["pid"] == pid
        wait_until(lambda: psutil.Process(pid).is_running())


def test_huge_messages_of_a_stranger_cost_the_farm_no_memory(farm: FarmBox) -> None:
    before = memory_mb(farm)
    said = said_by_stranger(
        "options = [('grpc.max_send_message_length', -1)]\n"
        "def send(_):\n"
        "    channel = grpc.insecure_channel(sys.argv[1], options=options)\n"
        "    call = channel.unary_unary('/job.JobInterface/LaunchSpec')\n"
        "    try: call(bytes(99_000_000), timeout=60); return 'served'\n"
        "    except grpc.RpcError as error: return error.code().name\n"
        "with concurrent.futures.ThreadPoolExecutor(16) as pool:\n"
        "    print(*sorted(set(pool.map(send, range(16)))))\n",
        farm.info["address"],
        imports="grpc, grpc._channel, concurrent.futures.thread",
    )

    assert "served" not in said
    assert "DEADLINE_EXCEEDED" not in said
    assert memory_mb(farm) - before < 20


def test_slow_and_broken_streams_hold_nothing(farm: FarmBox) -> None:
    process = psutil.Process(int(farm.info["pid"]))
    assert farm.cuelet("jobs").returncode == 0
    descriptors, before = process.num_fds(), memory_mb(farm)
    done = as_stranger(
        "ends = []\n"
        "for n in range(400):\n"
        "    end = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20)\n"
        "    try: end.sendall([b'', b'PRI * HT', b'GET / HTTP/1.1\\r\\n\\r\\n', os.urandom(99),\n"
        "        b'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n' + b'\\xff' * 30][n % 5])\n"
        "    except OSError: pass\n"
        "    ends.append(end)\n"
        "heard = 0\n"
        "for end in ends:\n"
        "    try:\n"
        "        while end.recv(4096): heard += 1\n"
        "    except ConnectionError: pass\n"
        "print('all hung up')\n",
        port_of(farm),
    )

    assert done.stdout == "all hung up\n", done.stderr
    assert farm.cuelet("jobs").returncode == 0
    wait_until(lambda: process.num_fds() <= descriptors)
    assert memory_mb(farm) - before < 20


def test_the_owner_is_served_at_the_port_whichever_family_it_uses(client: FarmBox) -> None:
    port = port_of(client)
    for host in (f"127.0.0.1:{port}", f"[::ffff:127.0.0.1]:{port}"):
        opencue.Cuebot.setHosts(host)
        assert opencue.api.getJobs() == []
    opencue.Cuebot.Hosts = None
    opencue.Cuebot.closeChannel()
