"""What the program is built of, as cargo knows it: for packaging/sbom and packaging/licences."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def host() -> str:
    """The platform of this machine."""
    lines = run("rustc", "-vV").splitlines()
    return next(line.removeprefix("host: ") for line in lines if line.startswith("host: "))


@dataclass
class Crates:
    """The packages of cargo’s metadata, by id, the program’s id, and for each of the program’s crates what it depends on."""

    packages: dict[str, dict]
    program: str
    dependencies: dict[str, list[str]]


def crates(target: str) -> Crates:
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    program = metadata["resolve"]["root"]
    found, waiting = {}, [program]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found[one] = [dependency["pkg"] for dependency in nodes[one]["deps"] if _is_of_the_program(dependency)]
        waiting += found[one]
    return Crates(packages, program, found)


def _is_of_the_program(dependency: dict) -> bool:
    """Not of its tests alone. What only builds it is part of it, too: it decides what is in it."""
    return any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])
