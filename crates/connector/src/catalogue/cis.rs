//! Configuration items. The member of input and answer is named after the type: `entity` is empty.

use super::assets::ATTRIBUTES;
use super::input::{Input, Target};
use super::list::ListInputs;

const TYPE: Input = Input::path("The API name of the CI's type").like("ci_application");
const ID: Input = Input::path("The CI's id").like("100000000000034020");
const NAME: Input = Input::body("name", "Its name, which no other CI of the type has").like("test-name");
const DESCRIPTION: Input = Input::body("description", "What it is").like("API Test");
const MORE: Input = Input::own("Attributes of the type, by API name, such as txt_ip_address")
    .to(Target::MergeInto("ci_attributes"))
    .like(ATTRIBUTES);

actions! {
    "Adds a CI of a type."
    create_configuration_item CreateConfigurationItem "createConfigurationItem" "Create Configuration Item"
        Create "POST" "/cmdb/{ciTypeApiName}" ""
    {
        need text ci_type_api_name "ciTypeApiName" "CI Type API Name" = TYPE;
        need text name "name" "Name" = NAME;
        may text description "description" "Description" = DESCRIPTION;
        may object attributes "attributes" "Attributes" = MORE;
    }
    "Reads a CI."
    get_configuration_item GetConfigurationItem "getConfigurationItem" "Get Configuration Item"
        Get "GET" "/cmdb/{ciTypeApiName}/{ciId}" ""
    {
        need text ci_type_api_name "ciTypeApiName" "CI Type API Name" = TYPE;
        need text ci_id "ciId" "CI ID" = ID;
    }
    "Lists the CIs of a type, all or those that pass conditions."
    list_configuration_items ListConfigurationItems "listConfigurationItems" "List Configuration Items"
        List "GET" "/cmdb/{ciTypeApiName}" ""
    {
        need text ci_type_api_name "ciTypeApiName" "CI Type API Name" = TYPE;
        .. list: ListInputs;
    }
    "Edits a CI: what is given is changed, the rest stays."
    update_configuration_item UpdateConfigurationItem "updateConfigurationItem" "Update Configuration Item"
        Update "PUT" "/cmdb/{ciTypeApiName}/{ciId}" ""
    {
        need text ci_type_api_name "ciTypeApiName" "CI Type API Name" = TYPE;
        need text ci_id "ciId" "CI ID" = ID;
        may text name "name" "Name" = NAME;
        may text description "description" "Description" = DESCRIPTION;
        may object attributes "attributes" "Attributes" = MORE;
    }
    "Removes CIs of a type."
    delete_configuration_item DeleteConfigurationItem "deleteConfigurationItem" "Delete Configuration Item"
        Delete "DELETE" "/cmdb/{ciTypeApiName}" ""
    {
        need text ci_type_api_name "ciTypeApiName" "CI Type API Name" = TYPE;
        need list ci_ids "ciIds" "CI IDs" = Input::own("The CIs' ids").to(Target::Query("ids")).like("100000000000034020");
    }
}
