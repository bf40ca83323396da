//! Tasks of requests.

use super::input::Input;
use super::list::ListInputs;
use super::problems::{MORE, TIME};

const REQUEST: Input = Input::path("The request's id").like("4149000001300019");
const TASK: Input = Input::path("The task's id").like("4149000001300019");
const TITLE: Input = Input::body("title", "What is to be done, in a line").like("Sample Content");
const DONE: Input = Input::body("percentage_completion", "How much is done, in per cent").like("100");
const HOURS: Input = Input::body("estimated_effort_hours", "The hours of the estimate").like("12");
const DESCRIPTION: Input = Input::body("description", "All there is to say, as text or HTML")
    .like("<b>The content to be displayed</b>");
const OWNER: Input =
    Input::body("owner", "Who does it").like(r#"{"name": "test-owner", "id": "234567890123456"}"#);
const COST: Input = Input::body("additional_cost", "What it costs besides the work").like("23.08");
const ENDED: Input = Input::body("actual_end_time", "When the work ended").like(TIME);
const BEGUN: Input = Input::body("actual_start_time", "When the work began").like(TIME);

actions! {
    "Adds a task to a request."
    create_request_task CreateRequestTask "createRequestTask" "Create Request Task"
        Create "POST" "/requests/{taskRequestId}/tasks" "task"
    {
        need text task_request_id "taskRequestId" "Request ID" = REQUEST;
        need text task_request_title "taskRequestTitle" "Request Task Title" = TITLE;
        may amount task_request_percentage_completion "taskRequestPercentageCompletion" "Request Task Percentage Completion" = DONE;
        may amount task_request_estimated_effort_hours "taskRequestEstimatedEffortHours" "Request Task Estimated Effort Hours" = HOURS;
        may text task_request_description "taskRequestDescription" "Request Task Description" = DESCRIPTION;
        may reference task_request_owner "taskRequestOwner" "Request Task Owner" = OWNER;
        may amount task_request_additional_cost "taskRequestAdditionalCost" "Request Task Additional Cost" = COST;
        may time task_request_actual_end_time "taskRequestActualEndTime" "Request Task Actual End Time" = ENDED;
        may time task_request_actual_start_time "taskRequestActualStartTime" "Request Task Actual Start Time" = BEGUN;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Reads a task of a request."
    get_request_task GetRequestTask "getRequestTask" "Get Request Task"
        Get "GET" "/requests/{taskRequestId}/tasks/{toGetRequestTaskId}" "task"
    {
        need text task_request_id "taskRequestId" "Request ID" = REQUEST;
        need text to_get_request_task_id "toGetRequestTaskId" "To Get Request Task ID" = TASK;
    }
    "Lists the tasks of a request."
    list_request_tasks ListRequestTasks "listRequestTasks" "List Request Tasks"
        List "GET" "/requests/{taskRequestId}/tasks" "tasks"
    {
        need text task_request_id "taskRequestId" "Request ID" = REQUEST;
        .. list: ListInputs;
    }
    "Edits a task of a request: what is given is changed, the rest stays."
    update_request_task UpdateRequestTask "updateRequestTask" "Update Request Task"
        Update "PUT" "/requests/{taskRequestId}/tasks/{toUpdateRequestTaskId}" "task"
    {
        need text task_request_id "taskRequestId" "Request ID" = REQUEST;
        need text to_update_request_task_id "toUpdateRequestTaskId" "To Update Request Task ID" = TASK;
        may text task_request_title "taskRequestTitle" "Request Task Title" = TITLE;
        may amount task_request_percentage_completion "taskRequestPercentageCompletion" "Request Task Percentage Completion" = DONE;
        may amount task_request_estimated_effort_hours "taskRequestEstimatedEffortHours" "Request Task Estimated Effort Hours" = HOURS;
        may text task_request_description "taskRequestDescription" "Request Task Description" = DESCRIPTION;
        may reference task_request_owner "taskRequestOwner" "Request Task Owner" = OWNER;
        may amount task_request_additional_cost "taskRequestAdditionalCost" "Request Task Additional Cost" = COST;
        may time task_request_actual_end_time "taskRequestActualEndTime" "Request Task Actual End Time" = ENDED;
        may time task_request_actual_start_time "taskRequestActualStartTime" "Request Task Actual Start Time" = BEGUN;
        may object additional_fields "additionalFields" "Additional Fields" = MORE;
    }
    "Removes a task of a request."
    delete_request_task DeleteRequestTask "deleteRequestTask" "Delete Request Task"
        Delete "DELETE" "/requests/{taskRequestId}/tasks/{toDeleteRequestTaskId}" "task"
    {
        need text task_request_id "taskRequestId" "Request ID" = REQUEST;
        need text to_delete_request_task_id "toDeleteRequestTaskId" "To Delete Request Task ID" = TASK;
    }
}
