"""`python -m hifi_ofx.ofx.build`: build the OpenFX plug-in of a checkout into `build/`."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hifi_ofx.errors import HifiError

SOURCE = Path(__file__).resolve().parent
ROOT = SOURCE.parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, and print where the bundle is. Returns the exit code."""
    parser = argparse.ArgumentParser("python -m hifi_ofx.ofx.build", description=__doc__)
    parser.add_argument("--sanitize", default="", help="As in address,undefined.")
    parser.add_argument("--toolchain", default="", help="A CMake toolchain file.")
    parser.add_argument(
        "--platform", default="", help="Visual Studio's: ARM64EC for Windows on ARM."
    )
    parser.add_argument("--output", type=Path, default=ROOT / "build", help="The bundle's folder.")
    parsed = parser.parse_args(arguments)
    try:
        print(build(parsed.output, parsed.sanitize, parsed.toolchain, parsed.platform))
    except HifiError as error:
        print(f"hifi-ofx: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def build(output: Path, sanitize: str = "", toolchain: str = "", platform: str = "") -> Path:
    """Build the bundle into a folder and return it. Raises HifiError when that is not possible.

    A bundle that is there gets one more architecture.
    """
    cmake = shutil.which("cmake")
    if cmake is None:
        raise HifiError(
            "The OpenFX plug-in needs CMake to be built, and there is none.",
            "Install CMake and a C++17 compiler.",
        )
    if not (SOURCE / "CMakeLists.txt").is_file():
        raise HifiError("This package has no C++ sources.", "Build the plug-in in a checkout.")
    work = output / f"cmake{platform}"
    configure = [
        *(cmake, "-S", str(SOURCE), "-B", str(work), f"-DHIFI_OUTPUT={output.resolve()}"),
        f"-DHIFI_SANITIZE={sanitize}",
        *([f"-DCMAKE_TOOLCHAIN_FILE={Path(toolchain).resolve()}"] if toolchain else []),
        *(["-A", platform] if platform else []),
    ]
    for command in (configure, [cmake, "--build", str(work), "--config", "Release"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            words = (done.stdout + done.stderr).strip()[-2000:]
            raise HifiError(f"The OpenFX plug-in was not built:\n{words}")
    bundle = output / "HiFI.ofx.bundle"
    if not any(bundle.glob("Contents/*/HiFI.ofx")):
        raise HifiError(
            "There is no C++ compiler, so the OpenFX plug-in was not built.",
            "Install g++, clang++ or Visual Studio.",
        )
    return bundle


if __name__ == "__main__":
    raise SystemExit(main())
