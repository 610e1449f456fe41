"""Runs the program that `nx run benchmarks:program` wrote on whatever device JAX has.

usage: run_program.py FOLDER [--beside] [--apart] [--profile] [--precision default|highest]
       [--only program,program-native]

Compares the result with TensorFlow's on the CPU that wrote it, and times it. A folder may hold the
same program in several forms, program*.hlo.pb: all of them are measured, or those of --only. With --beside also
JAX and PyTorch on the same device and work, interleaved; with --apart tells after how many steps it
parts from JAX's CPU; with --profile tells where the time goes.
Needs numpy and JAX (tried with 0.10.2 and 0.11.2; loading a program uses its internals), and
PyTorch for --beside. The last line is JSON.
"""

import argparse
import glob
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter

import jax
import numpy as np
from jax._src import xla_bridge
from jax._src.lib import xla_client

here = os.path.dirname(os.path.abspath(__file__))
repetitions = 7


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--beside", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--apart", action="store_true", help="when does it part from JAX's CPU?")
    parser.add_argument("--only", help="names of programs, without .hlo.pb")
    # On recent NVIDIA GPUs `default` multiplies in TF32, with 10 bits of mantissa.
    parser.add_argument("--precision", choices=["default", "highest"], default="highest")
    return parser.parse_args()


def read_tensors(path):
    """A safetensors file's arrays in the order of their numbered names."""
    dtypes = {"F32": np.float32, "I32": np.int32}
    with open(path, "rb") as file:
        content = file.read()
    length = int.from_bytes(content[:8], "little")
    entries = json.loads(content[8 : 8 + length])
    entries.pop("__metadata__", None)
    arrays = {}
    for name in sorted(entries):
        begin, end = entries[name]["data_offsets"]
        part = content[8 + length + begin : 8 + length + end]
        arrays[name] = np.frombuffer(part, dtypes[entries[name]["dtype"]]).reshape(entries[name]["shape"])
    return arrays


def make_data(workload):
    """The benchmark's images, labels and order: the formulas of benchmarks/src/workload.ts."""

    def noise(i):
        i = i.astype(np.uint32)
        return ((i ^ (i >> 15)) * np.uint32(0x2C1B3C6D)) >> 24

    pixels = workload["image"]["height"] * workload["image"]["width"]
    images = noise(np.arange(workload["examples"] * pixels)).astype(np.uint8)
    labels = (noise(np.arange(workload["examples"])) % workload["network"]["classes"]).astype(np.uint8)
    length = workload["steps"] * workload["recipe"]["batchSize"]
    order = (np.arange(length, dtype=np.int64) * 7919 % workload["examples"]).astype(np.int32)
    return images, labels, order


def module_of(path):
    """The bytes of an HloProto's first field, the module."""
    with open(path, "rb") as file:
        content = file.read()

    def number(at):
        value = shift = 0
        while True:
            byte = content[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value, at

    at = 0
    while at < len(content):
        key, at = number(at)
        if key & 7 == 2:
            length, at = number(at)
            if key >> 3 == 1:
                return content[at : at + length]
            at += length
        elif key & 7 == 0:
            _, at = number(at)
        else:
            break
    raise SystemExit(f"{path} is no HloProto.")


def load(path, precision, platform=None):
    """The program, compiled for a platform's first device, and the seconds that compiling it took."""
    computation = xla_client.XlaComputation(module_of(path))
    code = xla_client._xla.mlir.xla_computation_to_mlir_module(computation)
    text = code if isinstance(code, str) else str(code)
    if precision == "highest":
        # Of products, and of convolutions.
        text = text.replace("precision = [DEFAULT, DEFAULT]", "precision = [HIGHEST, HIGHEST]")
        text = text.replace("#stablehlo<precision DEFAULT>", "#stablehlo<precision HIGHEST>")
    devices = xla_client.DeviceList(tuple(jax.devices(platform)[:1]))
    begin = time.perf_counter()
    program = xla_bridge.get_backend(platform).compile_and_load(text, devices, xla_client.CompileOptions())
    return program, time.perf_counter() - begin


def profile(repetition):
    """Milliseconds by kernel of one repetition, largest first."""
    with tempfile.TemporaryDirectory() as folder:
        jax.profiler.start_trace(folder, create_perfetto_trace=True)
        repetition()
        jax.profiler.stop_trace()
        (trace,) = glob.glob(f"{folder}/**/perfetto_trace.json.gz", recursive=True)
        with gzip.open(trace) as file:
            events = json.load(file)
    events = events["traceEvents"] if isinstance(events, dict) else events
    names = {e["pid"]: e["args"]["name"] for e in events if e.get("name") == "process_name"}
    spent, count = Counter(), Counter()
    for event in events:
        if event.get("ph") == "X" and "GPU" in names.get(event["pid"], ""):
            spent[event["name"]] += event["dur"] / 1000
            count[event["name"]] += 1
    return [(name, spent[name], count[name]) for name, _ in spent.most_common()]


def apart_from_cpu(options, name, program, parameters):
    """The largest difference from JAX's CPU by number of steps, which is the last parameter."""
    cpu = jax.devices("cpu")[0]
    on_cpu, _ = load(os.path.join(options.folder, f"{name}.hlo.pb"), options.precision, "cpu")
    there = [jax.device_put(np.asarray(array), cpu) for array in parameters]
    largest = {}
    for count in [1, 2, 3, 5, 10, 20, 50]:
        found = program.execute([*parameters[:-1], jax.device_put(np.int32(count))])
        expected = on_cpu.execute([*there[:-1], jax.device_put(np.int32(count), cpu)])
        largest[count] = max(float(distance(a, b).max()) for a, b in zip(expected, found))
    return largest


def distance(expected, found):
    """Each element's difference, as a share of the tensor's largest value."""
    expected = np.asarray(expected).astype(np.float64)
    return np.abs(expected - np.asarray(found)) / (np.max(np.abs(expected)) + 1e-9)


def names_of(options):
    """The programs to run, this repository's choice for a CPU first."""
    found = sorted(
        os.path.basename(path).removesuffix(".hlo.pb")
        for path in glob.glob(os.path.join(options.folder, "program*.hlo.pb"))
    )
    names = options.only.split(",") if options.only else found
    unknown = [name for name in names if name not in found]
    if unknown or not names:
        raise SystemExit(f"{options.folder} holds no {', '.join(unknown) or 'program'}; it holds {', '.join(found) or 'none'}.")
    return names


class Program:
    """A program of the folder on JAX's device."""

    def __init__(self, options, name, parameters, workload):
        path = os.path.join(options.folder, f"{name}.hlo.pb")
        self.program, self.seconds = load(path, options.precision)
        self.parameters, self.steps, self.compared = parameters, workload["steps"], workload["compared"]

    def repetition(self):
        """Milliseconds per step."""
        begin = time.perf_counter()
        results = self.program.execute(self.parameters)
        jax.block_until_ready(results)
        # A small result on the host, as a training reads its sums.
        np.asarray(results[-2])
        return (time.perf_counter() - begin) * 1000 / self.steps

    def examine(self, after):
        """How long it took to compile, and how far its result is from the expected one."""
        *others, _ = self.parameters
        results = self.program.execute([*others, jax.device_put(np.int32(self.compared))])
        apart = {name: distance(expected, found) for (name, expected), found in zip(after.items(), results)}
        differences = {name: float(np.max(all)) for name, all in apart.items()}
        beyond = sum(int(np.sum(all > 1e-4)) for all in apart.values()) / sum(all.size for all in apart.values())
        worst = max(differences, key=differences.get)
        return {
            "secondsToCompile": round(self.seconds, 2),
            "comparedSteps": self.compared,
            "largestDifference": {"tensor": worst, "ofItsLargestValue": differences[worst]},
            "shareBeyond1e-4": beyond,
        }


class Contender:
    """A program of this folder that computes a repetition when it is told to (contender.py)."""

    def __init__(self, file, variant, workload, environment):
        self.steps = workload["steps"]
        answers, writing = os.pipe()
        # contender.py answers over file descriptor 3; sh knows descriptors of one digit only.
        command = ["bash", "-c", f'exec "$@" 3>&{writing}', "bash"]
        command += [sys.executable, os.path.join(here, file), json.dumps(workload), variant]
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[writing],
            env={**os.environ, **environment}, text=True,
        )
        os.close(writing)
        self.answers = os.fdopen(answers)
        self.versions = json.loads(self.answers.readline())["versions"]

    def repetition(self):
        """Milliseconds per step."""
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        return json.loads(self.answers.readline())["milliseconds"] / self.steps

    def stop(self):
        self.child.kill()


# PyTorch multiplies in full float32 unless told otherwise.
contenders = {
    "PyTorch, eager": ("pytorch.py", "eager", {}),
    "PyTorch, torch.compile with CUDA graphs": ("pytorch.py", "compile", {}),
    "JAX, jit and scan": ("jax_scan.py", "threefry", {"JAX_DEFAULT_MATMUL_PRECISION": "highest"}),
    "JAX, with the counter hash": ("jax_scan.py", "hash", {"JAX_DEFAULT_MATMUL_PRECISION": "highest"}),
}


def main():
    options = arguments()
    read = lambda name: read_tensors(os.path.join(options.folder, f"{name}.safetensors"))
    with open(os.path.join(options.folder, "workload.json")) as file:
        workload = json.load(file)
    steps, before, after = workload["steps"], read("before"), read("after")
    images, labels, order = make_data(workload)

    state, rest = list(before.values())[: len(after)], list(before.values())[len(after) :]
    learning_rate, seed, held = rest
    # One byte more than the images: a shifted image may read it, and never uses it.
    constants = [np.append(images, np.uint8(0)), labels.astype(np.int32), order, learning_rate, seed, held]
    counters = [np.int32(0), np.int32(steps)]
    parameters = [jax.device_put(array) for array in [*state, *constants, *counters]]

    device = jax.devices()[0]
    report = {
        "device": getattr(device, "device_kind", str(device)),
        "jax": jax.__version__,
        "batch": workload["recipe"]["batchSize"],
        "steps": steps,
        "precision": options.precision,
        "programs": {},
    }
    programs = {}
    for name in names_of(options):
        programs[name] = Program(options, name, parameters, workload)
        report["programs"][name] = programs[name].examine(after)

    beside, versions, times = {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:
        if options.beside:
            for name, array in [("images.u8", images), ("labels.u8", labels), ("order.i32", order)]:
                array.tofile(os.path.join(folder, name))
            there = {**workload, "directory": folder}
            for name, (file, variant, environment) in contenders.items():
                try:
                    beside[name] = Contender(file, variant, there, environment)
                except json.JSONDecodeError:
                    print(f"{name}: it did not start", file=sys.stderr)
            for contender in beside.values():
                versions.update(contender.versions)
        for repeated in range(repetitions + 1):
            for name, contender in [*programs.items(), *beside.items()]:
                milliseconds = contender.repetition()
                if repeated > 0:
                    times.setdefault(name, []).append(milliseconds)
        for contender in beside.values():
            contender.stop()
    report["versions"] = versions
    report["millisecondsPerStep"] = {
        name: {"min": round(min(all), 4), "median": round(statistics.median(all), 4)}
        for name, all in times.items()
    }
    for name, program in programs.items():
        found = report["programs"][name]
        if options.apart:
            found["apartFromCpu"] = apart_from_cpu(options, name, program.program, parameters)
        if options.profile:
            kernels = profile(program.repetition)
            found["kernelsPerStep"] = round(sum(count for _, _, count in kernels) / steps, 1)
            found["kernelMillisecondsPerStep"] = round(sum(spent for _, spent, _ in kernels) / steps, 4)
            print(f"{name}:")
            for kernel, spent, count in kernels[:25]:
                print(f"{1000 * spent / steps:9.2f} us/step {count / steps:6.1f} x  {kernel}")
    print(json.dumps(report))


# Several processes share the device's memory.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
main()
