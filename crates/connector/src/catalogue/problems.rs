//! Problems.

use super::input::{Input, Target};
use super::list::ListInputs;

const ID: Input = Input::path("The problem's id").like("234759602834500");
const TITLE: Input = Input::body("title", "What it is, in a line").like("Sample Content");
const DESCRIPTION: Input = Input::body("description", "All there is to say, as text or HTML")
    .like("<b>The content to be displayed</b>");
const REPORTED: Input = Input::body("reported_time", "When it was reported").like(TIME).within_as(
    TIMES.0,
    TIMES.1,
    "Reported Time",
);
const DUE: Input =
    Input::body("due_by_time", "When it is due").like(TIME).within_as(TIMES.0, TIMES.1, "Due By Time");
const CLOSED: Input =
    Input::body("closed_time", "When it was closed").like(TIME).within_as(TIMES.0, TIMES.1, "Closed Time");
const TIMES: (&str, &str) = ("problemTimes", "Problem Times");
/// An example of the documents, which all times share.
pub(super) const TIME: &str = r#"{"value": 1488451440000, "display_value": "2017-03-02T12:00:00Z"}"#;
/// Free fields, which win over the others.
pub(super) const MORE: Input = Input::own(
    "Other fields by API name, such as priority, technician or udf_fields; they win over those above",
)
.to(Target::Merge);

actions! {
    "Adds a problem."
    create_problem CreateProblem "createProblem" "Create Problem" Create "POST" "/problems" "problem" {
        need text problem_title "problemTitle" "Problem Title" = TITLE;
        may text problem_description "problemDescription" "Problem Description" = DESCRIPTION;
        may time problem_reported_time "problemReportedTime" "Problem Reported Time" = REPORTED;
        may time problem_due_by_time "problemDueByTime" "Problem Due By Time" = DUE;
        may time problem_closed_time "problemClosedTime" "Problem Closed Time" = CLOSED;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Reads a problem."
    get_problem GetProblem "getProblem" "Get Problem" Get "GET" "/problems/{toGetProblemId}" "problem" {
        need text to_get_problem_id "toGetProblemId" "To Get Problem ID" = ID;
    }
    "Lists problems, all or those that pass conditions."
    list_problems ListProblems "listProblems" "List Problems" List "GET" "/problems" "problems" {
        .. list: ListInputs;
    }
    "Edits a problem: what is given is changed, the rest stays."
    update_problem UpdateProblem "updateProblem" "Update Problem"
        Update "PUT" "/problems/{toUpdateProblemId}" "problem"
    {
        need text to_update_problem_id "toUpdateProblemId" "To Update Problem ID" = ID;
        may text problem_title "problemTitle" "Problem Title" = TITLE;
        may text problem_description "problemDescription" "Problem Description" = DESCRIPTION;
        may time problem_reported_time "problemReportedTime" "Problem Reported Time" = REPORTED;
        may time problem_due_by_time "problemDueByTime" "Problem Due By Time" = DUE;
        may time problem_closed_time "problemClosedTime" "Problem Closed Time" = CLOSED;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Removes a problem."
    delete_problem DeleteProblem "deleteProblem" "Delete Problem"
        Delete "DELETE" "/problems/{toDeleteProblemId}" "problem"
    {
        need text to_delete_problem_id "toDeleteProblemId" "To Delete Problem ID" = ID;
    }
}
