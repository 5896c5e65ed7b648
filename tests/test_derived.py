"""What is made from declarations is what they say today."""

from tests import derived

FIX = "out of date: run `python -m tests --fix`, and commit what it writes"


def test_files_that_are_made_from_declarations_are_up_to_date():
    assert not derived.stale(), FIX


def test_what_is_out_of_date_is_written_and_nothing_else(tmp_path, monkeypatch, capsys):
    (tmp_path / "docs").mkdir()
    page, resolve, header = (tmp_path / name for name in ("README.md", "docs/resolve.md", "x.hpp"))
    places = "".join(f"<!-- {name} -->\n<!-- /{name} -->\n" for name in derived.TABLES["README.md"])
    page.write_text(f"before\n{places}after\n", encoding="utf-8")
    resolve.write_bytes((derived.ROOT / "docs/resolve.md").read_bytes())
    header.write_text("// of last year\n")
    monkeypatch.setattr(derived, "ROOT", tmp_path)
    monkeypatch.setattr(derived, "PICTURE", tmp_path / "knobs.png")
    monkeypatch.setattr(derived.generate, "HEADER", header)
    derived.picture.save(derived.PICTURE)
    assert derived.main() == 0
    assert capsys.readouterr().out.splitlines() == ["wrote README.md", "wrote x.hpp"]
    assert not derived.stale()
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- quality -->\n| Setting |") and text.endswith(
        "-->\nafter\n"
    )


def test_a_picture_of_other_knobs_is_out_of_date(tmp_path, monkeypatch):
    path = tmp_path / "knobs.png"
    derived.picture.save(path)
    monkeypatch.setattr(derived, "PICTURE", path)
    assert not derived.stale()
    monkeypatch.setattr(derived.picture, "signature", lambda: "of other knobs")
    assert derived.stale() == [path]
