#!/usr/bin/env python3
"""Check a token dataset with pyarrow and, where installed, Hugging Face datasets.

Usage: python3 check_dataset.py DIRECTORY        (needs: pip install pyarrow [datasets])

Reads manifest.json, compares every shard with it, opens the directory with
datasets.load_from_disk and compares that with pyarrow row by row. The last line on
standard output is a JSON object; exit code 0 means that everything agrees.

rows_sha256 is the SHA-256 over all rows in order of: input_ids as little-endian int32,
the prompt as one byte per position, doc_lens as little-endian int32.
"""

import hashlib
import json
import os
import struct
import sys

import pyarrow as pa
from pyarrow import ipc

INTEGERS = {"uint16": pa.uint16(), "uint32": pa.uint32()}


def expect(what, expected, found):
    if expected != found:
        sys.exit(f"{what}: expected {expected}, found {found}")


def prompt_of(row, length):
    """The row's prompt mask, or the first prompt_lens tokens of each document."""
    if "prompt_mask" in row:
        return row["prompt_mask"]
    prompt = []
    for document, given in zip(row["doc_lens"], row["prompt_lens"]):
        prompt += [True] * given + [False] * (document - given)
    return prompt + [False] * (length - len(prompt))


def rows_sha256(rows, length):
    digest = hashlib.sha256()
    for row in rows:
        digest.update(struct.pack(f"<{length}i", *row["input_ids"]))
        digest.update(bytes(prompt_of(row, length)))
        digest.update(struct.pack(f"<{len(row['doc_lens'])}i", *row["doc_lens"]))
    return digest.hexdigest()


def read_shard(path, shard, layout):
    """The table of one shard, compared with its manifest entry."""
    with open(path, "rb") as file:
        content = file.read()
    expect(f"{path} bytes", shard["bytes"], len(content))
    expect(f"{path} sha256", shard["sha256"], hashlib.sha256(content).hexdigest())
    with pa.memory_map(path) as source, ipc.open_stream(source) as reader:
        batches = list(reader)
        table = pa.Table.from_batches(batches, reader.schema)
    table.validate(full=True)
    expect(f"{path} batches", [b["rows"] for b in shard["batches"]], [b.num_rows for b in batches])
    ids = table.schema.field("input_ids").type
    expect(f"{path} input_ids", INTEGERS[layout["dtype"]], ids.value_type)
    expect(f"{path} seq_len", layout["seq_len"], ids.list_size)
    expect(f"{path} prompt_mask", layout["prompt_mask"], "prompt_mask" in table.column_names)
    expect(f"{path} tokens", shard["tokens"], sum(table["n_tokens"].to_pylist()))
    largest = max((max(row) for row in table["input_ids"].to_pylist()), default=-1)
    expect(f"{path} max_token_id", shard["max_token_id"], largest)
    first = shard["first_row"]
    expect(f"{path} row_id", list(range(first, first + shard["rows"])), table["row_id"].to_pylist())
    lengths = [sum(documents) for documents in table["doc_lens"].to_pylist()]
    expect(f"{path} doc_lens", table["n_tokens"].to_pylist(), lengths)
    return table


def main(directory):
    with open(os.path.join(directory, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    layout = manifest["layout"]
    tables = [
        read_shard(os.path.join(directory, shard["path"]), shard, layout)
        for shard in manifest["shards"]
    ]
    rows = [row for table in tables for row in table.to_pylist()]
    result = {
        "ok": True,
        "rows": len(rows),
        "tokens": sum(row["n_tokens"] for row in rows),
        "rows_sha256": rows_sha256(rows, layout["seq_len"]),
        "pyarrow": pa.__version__,
        "datasets": None,
    }
    try:
        import datasets
    except ImportError:
        pass
    else:
        loaded = datasets.load_from_disk(directory)
        expect("load_from_disk split", manifest["split"], str(loaded.split))
        expect("load_from_disk rows", len(rows), len(loaded))
        content = rows_sha256(loaded, layout["seq_len"])
        expect("load_from_disk content", result["rows_sha256"], content)
        # Equal schemas: datasets maps the files as they are instead of converting them in memory.
        for table in tables:
            expect("load_from_disk schema", table.schema, loaded.features.arrow_schema)
        result["datasets"] = datasets.__version__
    print(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
