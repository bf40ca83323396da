//! Tasks of problems.

use super::input::Input;
use super::list::ListInputs;
use super::problems::MORE;

const PROBLEM: Input = Input::path("The problem's id").like("234759602834500");
const TASK: Input = Input::path("The task's id").like("4149000001300019");
const TITLE: Input = Input::body("title", "What is to be done, in a line").like("Sample Content");
const DESCRIPTION: Input = Input::body("description", "All there is to say, as text or HTML")
    .like("<b>The content to be displayed</b>");
const KIND: Input =
    Input::body("task_type", "The task's type").like(r#"{"name": "test task_type", "id": "10000000023123"}"#);
const OWNER: Input = Input::body("owner", "Who does it")
    .like(r#"{"email_id": "john@example.com", "name": "John", "id": "100000000000220612"}"#);
const MINUTES: Input = effort("estimated_effort_minutes", "The minutes of the estimate", "Minutes");
const HOURS: Input = effort("estimated_effort_hours", "The hours of the estimate", "Hours");
const DAYS: Input = effort("estimated_effort_days", "The days of the estimate", "Days");
const DONE: Input = Input::body("percentage_completion", "How much is done, in per cent").like("100");
const GROUP: Input =
    Input::body("group", "Which group does it").like(r#"{"name": "group 1", "id": "1003333001243212"}"#);

const fn effort(member: &'static str, help: &'static str, short: &'static str) -> Input {
    Input::body(member, help).like("234759602834500").within_as("estimatedEffort", "Estimated Effort", short)
}

actions! {
    "Adds a task to a problem."
    create_problem_task CreateProblemTask "createProblemTask" "Create Problem Task"
        Create "POST" "/problems/{taskProblemId}/tasks" "task"
    {
        need text task_problem_id "taskProblemId" "Problem ID" = PROBLEM;
        need text task_title "taskTitle" "Task Title" = TITLE;
        may text task_description "taskDescription" "Task Description" = DESCRIPTION;
        may reference task_type "taskType" "Task Type" = KIND;
        may reference task_owner "taskOwner" "Owner" = OWNER;
        may amount estimated_effort_minutes "estimatedEffortMinutes" "Estimated Effort Minutes" = MINUTES;
        may amount estimated_effort_hours "estimatedEffortHours" "Estimated Effort Hours" = HOURS;
        may amount estimated_effort_days "estimatedEffortDays" "Estimated Effort Days" = DAYS;
        may amount percentage_completion "percentageCompletion" "Percentage Completion" = DONE;
        may reference group "group" "Group" = GROUP;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Reads a task of a problem."
    get_problem_task GetProblemTask "getProblemTask" "Get Problem Task"
        Get "GET" "/problems/{taskProblemId}/tasks/{toGetTaskId}" "task"
    {
        need text task_problem_id "taskProblemId" "Problem ID" = PROBLEM;
        need text to_get_task_id "toGetTaskId" "To Get Task ID" = TASK;
    }
    "Lists the tasks of a problem."
    list_problem_tasks ListProblemTasks "listProblemTasks" "List Problem Tasks"
        List "GET" "/problems/{taskProblemId}/tasks" "tasks"
    {
        need text task_problem_id "taskProblemId" "Problem ID" = PROBLEM;
        .. list: ListInputs;
    }
    "Edits a task of a problem: what is given is changed, the rest stays."
    update_problem_task UpdateProblemTask "updateProblemTask" "Update Problem Task"
        Update "PUT" "/problems/{taskProblemId}/tasks/{toUpdateTaskId}" "task"
    {
        need text task_problem_id "taskProblemId" "Problem ID" = PROBLEM;
        need text to_update_task_id "toUpdateTaskId" "To Update Task ID" = TASK;
        may text task_title "taskTitle" "Task Title" = TITLE;
        may text task_description "taskDescription" "Task Description" = DESCRIPTION;
        may reference task_type "taskType" "Task Type" = KIND;
        may reference task_owner "taskOwner" "Owner" = OWNER;
        may amount estimated_effort_minutes "estimatedEffortMinutes" "Estimated Effort Minutes" = MINUTES;
        may amount estimated_effort_hours "estimatedEffortHours" "Estimated Effort Hours" = HOURS;
        may amount estimated_effort_days "estimatedEffortDays" "Estimated Effort Days" = DAYS;
        may amount percentage_completion "percentageCompletion" "Percentage Completion" = DONE;
        may reference group "group" "Group" = GROUP;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Removes a task of a problem."
    delete_problem_task DeleteProblemTask "deleteProblemTask" "Delete Problem Task"
        Delete "DELETE" "/problems/{taskProblemId}/tasks/{toDeleteTaskId}" "task"
    {
        need text task_problem_id "taskProblemId" "Problem ID" = PROBLEM;
        need text to_delete_task_id "toDeleteTaskId" "To Delete Task ID" = TASK;
    }
}
