"""Slow motion in DaVinci Resolve: the steps between a clip on a timeline and its slow-motion clip.

    flow.py       the steps in order                    wishes.py      what can be chosen
    look.py       what is to be slowed                  before.py      what will happen, said before
    clip.py       the chosen clip, in numbers           dialog.py      the one dialog
    speed.py      the speed that it runs at             abilities.py   what this version can
    calls.py      calls that differ by version          answers.py     what Resolve answered
    source.py     EXR media that can be read directly   export.py      all other media, by Deliver
    deliver.py    a render job                          exr_files.py   what arrived on disk
    color.py      the space of what is rendered         job.py         a run's folder and request
    engine.py     the panel, or the engine              pool.py        the result in the media pool
    place.py      the result on the timeline            likeness.py    with the clip's looks
    room.py       room behind the clip                  covered.py     or what it will lie on
    sound.py      the clip's sound                      marks.py       the part between the marks
    transitions.py  those at its ends                   origin.py      from a result to its clip
    remove.py     an earlier result, taken away         restore.py     the project as it was
    rates.py      frame rates and timecode, exact       editions.py    where scripts are allowed
    menu.py       the menu script                       message.py     sentences people see
    connect.py    Resolve from outside

Resolve's answers are not trusted: what was asked for is read back, on the timeline or on disk.
The standard library and `hifi_ofx` alone; Python 3.9 syntax.
"""
