//! Product types.

use super::assets::ATTRIBUTES;
use super::input::{Input, Target};
use super::list::ListInputs;

const ID: Input = Input::path("The product type's id").like("1510894167438614");
const NAME: Input = Input::body("name", "Its name, which no other product type has").like("test-name");
const CATEGORY: Input = Input::body("category", "Its category: IT or Non-IT").such_as("IT");
const TYPE: Input =
    Input::body("type", "What its products are: Asset, Component or Consumable").such_as("Asset");
const MORE: Input = Input::own("Other fields of the product type; they win over those above")
    .to(Target::Merge)
    .like(ATTRIBUTES);

actions! {
    "Adds a product type."
    create_product_type CreateProductType "createProductType" "Create Product Type"
        Create "POST" "/product_types" "product_type"
    {
        need text name "name" "Name" = NAME;
        need reference category "category" "Category" = CATEGORY;
        need reference asset_type "assetType" "Asset Type" = TYPE;
        may text id "id" "ID" = Input::body("id", "An id of one's own choice, where the service allows it").like("1510894167438614");
        may object attributes "attributes" "Attributes" = MORE;
    }
    "Reads a product type."
    get_product_type GetProductType "getProductType" "Get Product Type"
        Get "GET" "/product_types/{id}" "product_type"
    {
        need text id "id" "ID" = ID;
    }
    "Lists product types, all or those that pass conditions."
    list_product_types ListProductTypes "listProductTypes" "List Product Types"
        List "GET" "/product_types" "product_types"
    {
        .. list: ListInputs;
    }
    "Edits a product type: what is given is changed, the rest stays."
    update_product_type UpdateProductType "updateProductType" "Update Product Type"
        Update "PUT" "/product_types/{id}" "product_type"
    {
        need text id "id" "ID" = ID;
        may text name "name" "Name" = NAME;
        may reference category "category" "Category" = CATEGORY;
        may reference asset_type "assetType" "Asset Type" = TYPE;
        may object attributes "attributes" "Attributes" = MORE;
    }
    "Removes a product type."
    delete_product_type DeleteProductType "deleteProductType" "Delete Product Type"
        Delete "DELETE" "/product_types/{id}" "product_type"
    {
        need text id "id" "ID" = ID;
    }
}
