"""Slow motion in DaVinci Resolve: the steps between a clip on a timeline and its slow-motion clip.

    flow.py       the steps in order                    wishes.py      what can be chosen
    clip.py       the chosen clip, in numbers           speed.py       is it retimed already?
    source.py     EXR media that can be read directly   export.py      all other media, by Deliver
    deliver.py    a render job                          exr_files.py   what arrived on disk
    engine.py     the panel, or the engine              pool.py        the result in the media pool
    place.py      the result on the timeline            likeness.py    with the clip's looks
    restore.py    the project as it was                 answers.py     what Resolve answered
    rates.py      frame rates and timecode, exact       editions.py    where scripts are allowed
    menu.py       the menu script                       message.py     sentences people see
    connect.py    Resolve from outside

Resolve's answers are not trusted: what was asked for is read back, on the timeline or on disk.
The standard library and `hifi_ofx` alone; Python 3.9 syntax.
"""
