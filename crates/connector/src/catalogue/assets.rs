//! Assets.

use super::input::{Input, Target};
use super::list::ListInputs;

const ID: Input = Input::path("The asset's id").like("1510894167438614");
const NAME: Input = Input::body("name", "Its name, which no other asset has").like("192.0.2.1");
const STATE: Input = Input::body("state", "Its state, such as In Store or In Use").such_as("In Store");
const PRODUCT: Input = Input::body("product", "What it is one of").such_as("ThinkPad X1");
const TAG: Input =
    Input::body("asset_tag", "The tag that is stuck on it").like("Sample Content").within(MORE.0, MORE.1);
const COMMENTS: Input =
    Input::body("state_history_comments", "Why it has its state: one line without markup")
        .like("Sample Content")
        .within(MORE.0, MORE.1);
const BARCODE: Input = Input::body("barcode", "Its bar code, which no other asset has")
    .like("test-barcode")
    .within(MORE.0, MORE.1);
const MORE: (&str, &str) = ("additionalFields", "Additional Fields");
/// An example of the documents, which all free objects share.
pub(super) const ATTRIBUTES: &str = r#"{"is_laptop": false, "part_no": "test-part_no", "comments": "test-comments", "software": {"name": "test-name", "id": "1537003994714405"}, "manufacturer": "test-manufacturer"}"#;

actions! {
    "Adds an asset."
    create_asset CreateAsset "createAsset" "Create Asset" Create "POST" "/assets" "asset" {
        need text asset_name "assetName" "Asset Name" = NAME;
        need reference state "state" "State" = STATE;
        need reference product "product" "Product" = PRODUCT;
        may text asset_id "assetId" "Asset ID" = Input::body("id", "An id of one's own choice, where the service allows it").like("1510894167438614");
        may text asset_tag "assetTag" "Asset Tag" = TAG;
        may text state_history_comments "stateHistoryComments" "State History Comments" = COMMENTS;
        may text bar_code "barCode" "Bar Code" = BARCODE;
        may pairs key_value_pair_params "keyValuePairParams" "Extra parameters" = Input::own(
            "Other fields of the asset; they win over those above").to(Target::Merge).like("key1=value1,key2=value2");
    }
    "Reads an asset."
    get_asset GetAsset "getAsset" "Get Asset" Get "GET" "/assets/{assetId}" "asset" {
        need text asset_id "assetId" "Asset ID" = ID;
    }
    "Lists assets, all or those that pass conditions."
    list_assets ListAssets "listAssets" "List Assets" List "GET" "/assets" "assets" {
        .. list: ListInputs;
    }
    "Edits an asset: what is given is changed, the rest stays."
    update_asset UpdateAsset "updateAsset" "Update Asset" Update "PUT" "/assets/{assetId}" "asset" {
        need text asset_id "assetId" "Asset ID" = ID;
        may text asset_name "assetName" "Asset Name" = NAME;
        may reference state "state" "State" = STATE;
        may reference product "product" "Product" = PRODUCT;
        may text asset_tag "assetTag" "Asset Tag" = TAG;
        may text state_history_comments "stateHistoryComments" "State History Comments" = COMMENTS;
        may text bar_code "barCode" "Bar Code" = BARCODE;
        may object attributes "attributes" "Attributes" = Input::own(
            "Other fields of the asset; they win over those above").to(Target::Merge).like(ATTRIBUTES);
    }
    "Removes an asset."
    delete_asset DeleteAsset "deleteAsset" "Delete Asset" Delete "DELETE" "/assets/{assetId}" "asset" {
        need text asset_id "assetId" "Asset ID" = ID;
    }
}
