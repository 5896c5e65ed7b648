"""Whose the frames in a target's place are, as a front end is told before a render."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from hifi_ofx.request import Finished, Plan, Standing
from hifi_ofx.retime import Retime
from hifi_ofx.sequence import ImageSequence


def standing(engine, request):
    return next(said.standing for said in engine.plan(request) if isinstance(said, Plan))


def test_a_target_is_told_frame_by_frame(engine, request_for):
    request = request_for()
    assert standing(engine, request) == Standing(), "there is no folder yet"
    *_, done = engine.render(request)
    assert isinstance(done, Finished)
    assert standing(engine, request) == Standing(done=7)
    faster = replace(request, retime=Retime(speed=Fraction(1)))
    told = standing(engine, faster)
    # Frame 1001 is the source's own at either speed; 1002 to 1004 are others now.
    assert (told.done, told.replaced, told.leftover) == (1, (1002, 1003, 1004), (1005, 1006, 1007))
    assert standing(engine, replace(faster, only=(1001, 1002))).leftover == ()
    target = ImageSequence.parse(request.target)
    Path(target.folder / "slow.hifi.jsonl").unlink()
    told = standing(engine, request)
    assert (told.done, told.replaced, told.leftover) == (0, (), ())
    assert told.foreign == tuple(range(1001, 1008))
