//! Notes of problems.

use super::input::Input;
use super::list::ListInputs;
use super::problems::MORE;

const PROBLEM: Input = Input::path("The problem's id").like("234759602834500");
const NOTE: Input = Input::path("The note's id").like("4149000001300019");
const DESCRIPTION: Input = Input::body("description", "What the note says, as text or HTML")
    .like("<b>The content to be displayed</b>");
const NOTIFY: Input = Input::body("notify_to", "Who is told: people, and roles by their place in the problem")
    .like(r#"{"xpaths": [{"xpath": "problem.technician"}], "users": [{"name": "John", "id": "100000000000036077"}]}"#);

actions! {
    "Adds a note to a problem."
    create_problem_note CreateProblemNote "createProblemNote" "Create Problem Note"
        Create "POST" "/problems/{noteProblemId}/notes" "note"
    {
        need text note_problem_id "noteProblemId" "Problem ID" = PROBLEM;
        need text note_description "noteDescription" "Note Description" = DESCRIPTION;
        may object notify_to "notifyTo" "Notify To" = NOTIFY;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Reads a note of a problem."
    get_problem_note GetProblemNote "getProblemNote" "Get Problem Note"
        Get "GET" "/problems/{noteProblemId}/notes/{toGetNoteId}" "note"
    {
        need text note_problem_id "noteProblemId" "Problem ID" = PROBLEM;
        need text to_get_note_id "toGetNoteId" "To Get Note ID" = NOTE;
    }
    "Lists the notes of a problem."
    list_problem_notes ListProblemNotes "listProblemNotes" "List Problem Notes"
        List "GET" "/problems/{noteProblemId}/notes" "notes"
    {
        need text note_problem_id "noteProblemId" "Problem ID" = PROBLEM;
        .. list: ListInputs;
    }
    "Edits a note of a problem."
    update_problem_note UpdateProblemNote "updateProblemNote" "Update Problem Note"
        Update "PUT" "/problems/{noteProblemId}/notes/{toUpdateNoteId}" "note"
    {
        need text note_problem_id "noteProblemId" "Problem ID" = PROBLEM;
        need text to_update_note_id "toUpdateNoteId" "To Update Note ID" = NOTE;
        may text note_description "noteDescription" "Note Description" = DESCRIPTION;
        may object notify_to "notifyTo" "Notify To" = NOTIFY;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Removes a note of a problem."
    delete_problem_note DeleteProblemNote "deleteProblemNote" "Delete Problem Note"
        Delete "DELETE" "/problems/{noteProblemId}/notes/{toDeleteNoteId}" "note"
    {
        need text note_problem_id "noteProblemId" "Problem ID" = PROBLEM;
        need text to_delete_note_id "toDeleteNoteId" "To Delete Note ID" = NOTE;
    }
}
