"""One rank of an all-reduce through PyTorch's Gloo, to be measured beside puma's.

Talks in lines of JSON. The first line on standard input holds the settings and is answered when all ranks
have found each other; after it every {"do": "all_reduce", "count": N} is answered with the seconds of N
all-reduces of the whole tensor, each begun together and checked. End of input ends the program, in the
middle of whatever it does.
"""

import datetime
import json
import os
import queue
import sys
import threading
import time

lines = queue.Queue()


def read():
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


threading.Thread(target=read, daemon=True).start()
settings = json.loads(lines.get())
os.environ["GLOO_SOCKET_IFNAME"] = settings["interface"]

import torch  # noqa: E402
import torch.distributed as dist  # noqa: E402

torch.set_num_threads(1)
dist.init_process_group(
    "gloo",
    init_method="file://" + settings["store"],
    rank=settings["rank"],
    world_size=settings["ranks"],
    timeout=datetime.timedelta(seconds=120),
)
period = settings["period"]
pattern = torch.arange(settings["elements"], dtype=torch.int32).remainder_(period).add_(1).to(torch.float32)
mine = settings["factors"][settings["rank"]]
total = sum(settings["factors"])
values = torch.empty(settings["elements"], dtype=torch.float32)


def reply(fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


reply({"version": torch.__version__})
while True:
    count = json.loads(lines.get())["count"]
    seconds = []
    for _ in range(count):
        torch.mul(pattern, mine, out=values)
        dist.barrier()
        start = time.perf_counter()
        dist.all_reduce(values)
        seconds.append(time.perf_counter() - start)
        difference = values.sub_(pattern, alpha=total).abs_().max().item()
        if difference != 0:
            reply({"failed": "wrong sum, off by %r" % difference})
    reply({"seconds": seconds})
