//! The inputs that all list actions share.

use super::input::{Input, Target};

/// What one compares with, in the documents' words; [`wire::criteria::Condition`] reads many more.
pub(crate) const OPERATORS: &[(&str, &str)] = &[
    ("is", "Equals"),
    ("is not", "Not Equals"),
    ("greater than", "Greater than"),
    ("greater or equal", "Greater than or Equal"),
    ("lesser than", "Less than"),
    ("lesser or equal", "Less than or Equal"),
    ("between", "Range"),
    ("not between", "Not in Range"),
    ("starts with", "Starts with"),
    ("ends with", "Ends with"),
    ("contains", "Contains"),
    ("not contains", "Not Contains"),
];

const PAGINATION: (&str, &str) = ("pagination", "Pagination");

const fn own(help: &'static str) -> Input {
    Input::own(help).to(Target::Own)
}

inputs! { "Which rows of a list, and how." ListInputs {
    may flag fetch_all "fetchAll" "Fetch All" = own(
        "All rows, page after page; then Row Count and Page have no say. When it is not given, naming one of the two \
         asks for that page alone").or("true");
    may count row_count "rowCount" "Row Count" = own("Rows of the one page, 100 at most")
        .or("100").like("100").within(PAGINATION.0, PAGINATION.1);
    may count page "page" "Page" = own("Which page, from 1").or("1").like("1").within(PAGINATION.0, PAGINATION.1);
    may pairs conditions_criteria "conditionsCriteria" "Conditions Criteria" = own(
        "How each field is compared: field and operator. A row must pass all")
        .like("created_time=Greater Than").one_of(OPERATORS);
    may pairs conditions_criteria_value "conditionsCriteriaValue" "Conditions Criteria Value" = own(
        "What each of those fields is compared with: field and value, two with a comma between for a range")
        .like("created_time=1488451440000");
    may json search_criteria "searchCriteria" "Search Criteria" = own(
        "Conditions as the API has them, with or and nesting: one object, or an array joined by logical_operator. \
         A row must pass these and the conditions above")
        .like(r#"[{"field": "status.name", "condition": "is", "value": "Open"}, {"field": "priority.name", "condition": "is", "value": "High", "logical_operator": "or"}]"#);
    may object search_fields "searchFields" "Search Fields" = own("Words by field: rows that contain them")
        .like(r#"{"subject": "printer"}"#);
    may json filter_by "filterBy" "Filter By" = own("A named view of the service").like(r#"{"name": "My_Open"}"#);
    may text sort_field "sortField" "Sort Field" = own("The field that the rows are sorted by").like("created_time");
    may text sort_order "sortOrder" "Sort Order" = own("In which direction").or("asc").like("desc")
        .one_of(&[("asc", "Ascending"), ("desc", "Descending")]);
    may list fields_required "fieldsRequired" "Fields Required" = own("Only these fields, and the id").like("subject");
    may flag get_total_count "getTotalCount" "Get Total Count" = own("Also count all rows, as list_info.total_count")
        .or("false");
} }
