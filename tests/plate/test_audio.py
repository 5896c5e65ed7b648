"""Sound stretched with its pitch kept: how long it is, and what it sounds like."""

import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from engine.__main__ import main
from engine.plate import audio
from hifi_ofx.errors import FrameError, MissingFrames

RATE = 44100


def tone(path, seconds=2.0, hertz=440.0, channels=2):
    """A sine from one second on, silence before."""
    at = np.arange(round(seconds * RATE)) / RATE
    wave_form = np.where(at >= 1, np.sin(2 * np.pi * hertz * at), 0) * 0.5 * 2**15
    samples = np.repeat(wave_form.astype("<i2")[:, None], channels, 1)
    with wave.open(str(path), "wb") as out:
        out.setparams((channels, 2, RATE, 0, "NONE", ""))
        out.writeframes(samples.tobytes())
    return path


def heard(path):
    """Samples a second, and the left channel."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name == "pcm_s24le"
        channels = stream.channels
        blocks = [frame.to_ndarray()[0, ::channels] for frame in container.decode(stream)]
        return stream.rate, np.concatenate(blocks) / 2**31


def pitch(rate, samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * rate / len(samples)


@pytest.mark.parametrize("speed", ["1/2", "1/4", "2/5", "1", "3"])
@pytest.mark.parametrize("channels", [1, 2])
def test_as_long_as_the_picture_and_as_high_as_it_was(tmp_path, speed, channels):
    speed = Fraction(speed)
    source, target = tone(tmp_path / "a.wav", channels=channels), tmp_path / "slow.wav"
    audio.stretch(source, target, Fraction(1), Fraction(3, 4), speed)
    rate, samples = heard(target)
    assert (rate, len(samples)) == (48000, round(Fraction(3, 4) / speed * 48000))
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    assert pitch(rate, middle) == pytest.approx(440, abs=8)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / 2**0.5, rel=0.1)


def test_the_part_begins_where_it_is_asked_to(tmp_path):
    source = tone(tmp_path / "a.wav")
    audio.stretch(source, tmp_path / "b.wav", Fraction(1, 2), Fraction(1), Fraction(1, 2))
    rate, samples = heard(tmp_path / "b.wav")
    first = np.argmax(np.abs(samples) > 0.2) / rate
    assert first == pytest.approx(1.0, abs=0.08)  # half a second of silence, twice as long


def test_beyond_its_end_there_is_silence(tmp_path):
    source = tone(tmp_path / "a.wav")
    made = audio.stretch(source, tmp_path / "b.wav", Fraction(3, 2), Fraction(1), Fraction(1))
    rate, samples = heard(tmp_path / "b.wav")
    assert made == len(samples) == rate
    assert np.abs(samples[: rate // 4]).max() > 0.4
    assert np.abs(samples[rate * 6 // 10 :]).max() == 0


@pytest.mark.parametrize("speed", ["1/3", "1/100", "7"])
def test_a_chain_of_tempos_is_the_speed(speed):
    chain = audio.tempos(Fraction(speed))
    assert np.prod(chain) == pytest.approx(float(Fraction(speed)))
    assert all(0.5 <= tempo <= 2 for tempo in chain)


def test_what_cannot_be_read_leaves_nothing(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"no sound")
    with pytest.raises(FrameError, match="cannot be read"):
        audio.stretch(tmp_path / "a.wav", tmp_path / "b.wav", Fraction(0), Fraction(1), Fraction(1))
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_a_file_without_sound(tmp_path):
    with av.open(str(tmp_path / "a.mov"), "w") as out:
        stream = out.add_stream("mpeg4", 24)
        stream.width = stream.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(MissingFrames, match="has no sound"):
        audio.stretch(tmp_path / "a.mov", tmp_path / "b.wav", Fraction(0), Fraction(1), Fraction(1))


def test_the_command(tmp_path, capsys):
    source = tone(tmp_path / "a.wav")
    words = [str(source), str(tmp_path / "b.wav"), "--seconds", "1/2", "--speed", "1/2"]
    assert main(["stretch", *words]) == 0
    assert "48000 samples" in capsys.readouterr().out
