import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from headcast.errors import DataError, MediaError
from headcast.study.answers import ANSWERS_NAME, Answers, RefusedAnswerError, asked_of, read_answers


def answer_all(answers, participant, place=0):
    """Choose the same place each time; returns what was chosen."""
    chosen = []
    while question := answers.progress(participant).next:
        chosen.append((question.name, question.pictures[place]))
        answers.choose(participant, *chosen[-1])
    return chosen


def test_every_question_comes_once_and_every_choice_is_kept(make_study):
    study = make_study()
    answers = Answers(study)
    participant = answers.start()
    chosen = answer_all(answers, participant)
    assert sorted(name for name, _ in chosen) == sorted(study.questions)
    kept = read_answers(study)
    assert [(answer.triplet, answer.picture) for answer in kept] == chosen
    assert {answer.participant for answer in kept} == {participant}
    assert (answers.num_participants, answers.num_answers) == (1, 4)


def test_order_and_places_are_the_participants_own(make_study):
    study = make_study(tuple(f"person{number}" for number in range(30)))
    first, second = asked_of(study, "0" * 32), asked_of(study, "1" * 32)
    assert first == asked_of(study, "0" * 32)
    assert [question.name for question in first] != [question.name for question in second]
    places = [question.pictures.index(question.generated) for question in first + second]
    assert all(places.count(place) > 8 for place in range(3))  # 20 of 60 each on average
    assert all(sorted(question.pictures) == sorted(study.questions[question.name].pictures) for question in first)


def test_each_participant_is_asked_one_question_about_each_person(make_study):
    study = make_study(("anna", "anna", "anna", "ben"))
    orders = [asked_of(study, f"{number:032x}") for number in range(30)]
    assert all(sorted(question.identity for question in order) == ["anna", "ben"] for order in orders)
    assert {question.name for order in orders for question in order} == set(study.questions)
    answers = Answers(study)
    participant = answers.start()
    assert answers.progress(participant).num_questions == len(answer_all(answers, participant)) == 2


def test_another_start_goes_on_where_it_was(make_study):
    study = make_study()
    answers = Answers(study)
    participant = answers.start()
    question = answers.progress(participant).next
    after = answers.choose(participant, question.name, question.pictures[2])
    again = Answers(study)
    assert again.progress(participant) == after
    assert (after.num_answered, after.num_questions) == (1, 4)


def test_a_line_cut_short_by_a_crash_is_dropped(make_study):
    study = make_study()
    answers = Answers(study)
    participant = answers.start()
    answer_all(answers, participant)
    path = study.folder / ANSWERS_NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    assert len(read_answers(study)) == 3
    restarted = Answers(study)
    assert restarted.num_answers == 3
    answer_all(restarted, participant)
    assert len(read_answers(study)) == 4


def test_a_second_server_cannot_spoil_the_file(make_study):
    study = make_study()
    first, second = Answers(study), Answers(study)
    participant = first.start()
    with pytest.raises(DataError, match=r"another program writes to .*; end all servers of this study but one"):
        second.start()
    answer_all(first, participant)
    assert len(read_answers(study)) == 4


def test_a_full_disk_is_said_to_be_and_counts_nothing(make_study):
    resource = pytest.importorskip("resource", reason="needs a limit on the size of files, as Unix has")
    study = make_study()
    answers = Answers(study)
    first = answers.start()
    path = study.folder / ANSWERS_NAME
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, limits[1]))
    try:
        with pytest.raises(MediaError, match=r"cannot write .*answers.jsonl: .*; check the free space"):
            answers.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert answers.num_participants == 1
    assert b"\n" not in path.read_bytes()[-10:]  # half a line was written
    answer_all(answers, first)
    assert len(read_answers(study)) == 4


def test_files_of_two_computers_are_joined_by_appending(make_study):
    study = make_study()
    path = study.folder / ANSWERS_NAME
    files = []
    for _ in range(2):
        answers = Answers(study)
        answer_all(answers, answers.start())
        files.append(path.read_bytes())
        path.unlink()
    path.write_bytes(b"".join(files))
    assert len(read_answers(study)) == 8 and Answers(study).num_participants == 2


def test_what_does_not_fit_is_refused_and_not_written(make_study):
    study = make_study()
    answers = Answers(study)
    participant = answers.start()
    question, later = (asked_of(study, participant)[number] for number in (0, 1))
    before = (study.folder / ANSWERS_NAME).read_bytes()
    for triplet, picture in ((later.name, later.pictures[0]), ("../x", "y"), (question.name, later.pictures[0])):
        with pytest.raises(RefusedAnswerError, match="not the next question|does not belong"):
            answers.choose(participant, triplet, picture)
    for stranger in ("f" * 32, "", "../.."):
        with pytest.raises(RefusedAnswerError, match="nobody started under this token"):
            answers.choose(stranger, question.name, question.pictures[0])
    assert (study.folder / ANSWERS_NAME).read_bytes() == before


def test_of_many_equal_answers_at_once_one_counts(make_study):
    answers = Answers(make_study())
    participant = answers.start()
    question = answers.progress(participant).next

    def choose(place):
        try:
            return answers.choose(participant, question.name, question.pictures[place % 3])
        except RefusedAnswerError:
            return None

    with ThreadPoolExecutor(8) as pool:
        accepted = [progress for progress in pool.map(choose, range(24)) if progress]
    assert len(accepted) == 1 and answers.num_answers == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line + line,
        lambda line: line.replace('"triplet"', '"tripled"'),
        lambda line: line.replace('"picture": "', '"picture": "f'),
        lambda line: json.dumps({**json.loads(line), "participant": "me"}) + "\n",
        lambda line: json.dumps({**json.loads(line), "time": 3}) + "\n",
        lambda line: "[" * 100_000 + "\n",
        lambda line: "null\n",
    ],
)
def test_a_line_that_is_not_ours_is_named(make_study, spoil):
    study = make_study()
    answers = Answers(study)
    answer_all(answers, answers.start())
    path = study.folder / ANSWERS_NAME
    *lines, last = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines) + spoil(last))
    for read in (read_answers, Answers):
        with pytest.raises(DataError, match=r"line [56] of .*answers.jsonl does not fit the study, or comes twice"):
            read(study)


def test_a_file_that_is_no_text(make_study):
    study = make_study()
    (study.folder / ANSWERS_NAME).write_bytes(b"\xff\xfe\n")
    with pytest.raises(DataError, match=r"cannot read .*answers.jsonl"):
        read_answers(study)
