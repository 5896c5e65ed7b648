"""Write a retime as a job for a render farm (an Open Job Description bundle)."""

from __future__ import annotations

import argparse

from .. import farm, farm_recipes, request_flags

EXAMPLES = """
examples:
  hifi-ofx submit 'plate.####.exr' 'slow.####.exr' --speed 1/4 --bundle job
  openjd run job/template.json --job-param file://job/job_parameters.json
  deadline bundle submit job
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx submit`: those of `retime`, and how to split it."""
    parser.epilog = EXAMPLES + (parser.epilog or "")
    request_flags.add_flags(parser)
    group = parser.add_argument_group("job")
    group.add_argument("--bundle", metavar="DIR", required=True, help="Folder to write.")
    group.add_argument(
        "--chunk",
        type=int,
        default=farm.CHUNK,
        metavar="FRAMES",
        help=f"Output frames a task (default {farm.CHUNK}).",
    )
    group.add_argument(
        "--conda-packages",
        default="",
        metavar="NAMES",
        help="Packages that bring hifi-ofx onto the machines, for a queue's Conda environment.",
    )
    group.add_argument(
        "--rez-packages",
        default="",
        metavar="NAMES",
        help="The same for a queue's Rez environment.",
    )
    group.add_argument(
        "--recipes",
        action="store_true",
        help="Write the job for Deadline 10, OpenCue and Tractor, too, into other_farms/.",
    )
    group.add_argument("--name", default="", help="The job's name (default: the target's).")
    group.add_argument(
        "--hifi-command",
        default="",
        metavar="PROGRAM",
        help="How the farm's machines start hifi-ofx (default: as this machine does).",
    )


def _packages(arguments: argparse.Namespace) -> dict[str, str]:
    names = {"CondaPackages": arguments.conda_packages, "RezPackages": arguments.rez_packages}
    return {name: value for name, value in names.items() if value}


def run(arguments: argparse.Namespace) -> int:
    """Write the bundle, and say what can be done with it."""
    job = farm.job_for(
        request_flags.request_from(arguments),
        chunk=arguments.chunk,
        name=arguments.name,
        command=arguments.hifi_command,
        packages=_packages(arguments),
    )
    folder = farm.write(job, arguments.bundle, recipes=arguments.recipes)
    print(f"{folder}: frames {job.frames[0]} to {job.frames[-1]} in {job.tasks} tasks")
    print(f"here:  openjd run '{folder}/{farm.TEMPLATE}'", end=" ")
    print(f"--job-param 'file://{folder}/{farm.FLAT_VALUES}'")
    if arguments.recipes:
        print(f"on Deadline 10:  deadlinecommand '{folder}/{farm_recipes.FOLDER}/deadline.txt'")
        print(f"on OpenCue:  python '{folder}/{farm_recipes.FOLDER}/opencue.py'")
        print(f"on Tractor:  tractor-spool '{folder}/{farm_recipes.FOLDER}/tractor.alf'")
    print(f"on AWS Deadline Cloud:  deadline bundle submit '{folder}'")
    return 0
