//! Products.

use super::assets::ATTRIBUTES;
use super::input::{Input, Target};
use super::list::ListInputs;

const ID: Input = Input::path("The product's id").like("1510894167438614");
const TYPE: Input = Input::body("product_type", "Its type, such as Workstation").such_as("Workstation");
const NAME: Input = Input::body("name", "Its name, which no other product has").like("test-name");
const MANUFACTURER: Input =
    Input::body("manufacturer", "Who makes it").like("test-manufacturer").within(DETAILS.0, DETAILS.1);
const IS_LAPTOP: Input = Input::body("is_laptop", "Whether it is a laptop; empty says nothing about it")
    .or("")
    .one_of(&[("true", "True"), ("false", "False"), ("", "")])
    .within(DETAILS.0, DETAILS.1);
// The original sends this under a misspelt name, so that it is never stored (connector.md section 5.2).
const PART_NO: Input =
    Input::body("part_no", "The maker's part number").like("test-part_no").within(DETAILS.0, DETAILS.1);
const DETAILS: (&str, &str) = ("productDetails", "Product Details");
const MORE: Input =
    Input::own("Other fields of the product; they win over those above").to(Target::Merge).like(ATTRIBUTES);

actions! {
    "Adds a product."
    create_product CreateProduct "createProduct" "Create Product" Create "POST" "/products" "product" {
        need reference product_type "productType" "Product Type" = TYPE;
        need text name "name" "Name" = NAME;
        may text id "id" "ID" = Input::body("id", "An id of one's own choice, where the service allows it").like("1510894167438614");
        may text manufacturer "manufacturer" "Manufacturer" = MANUFACTURER;
        may truth is_laptop "isLaptop" "Is Laptop" = IS_LAPTOP;
        may text part_no "partNo" "Part No" = PART_NO;
        may object attributes "attributes" "Attributes" = MORE;
    }
    "Reads a product."
    get_product GetProduct "getProduct" "Get Product" Get "GET" "/products/{id}" "product" {
        need text id "id" "ID" = ID;
    }
    "Lists products, all or those that pass conditions."
    list_products ListProducts "listProducts" "List Products" List "GET" "/products" "products" {
        .. list: ListInputs;
    }
    "Edits a product: what is given is changed, the rest stays."
    update_product UpdateProduct "updateProduct" "Update Product" Update "PUT" "/products/{id}" "product" {
        need text id "id" "ID" = ID;
        may reference product_type "productType" "Product Type" = TYPE;
        may text name "name" "Name" = NAME;
        may text manufacturer "manufacturer" "Manufacturer" = MANUFACTURER;
        may truth is_laptop "isLaptop" "Is Laptop" = IS_LAPTOP;
        may text part_no "partNo" "Part No" = PART_NO;
        may object attributes "attributes" "Attributes" = MORE;
    }
    "Removes a product."
    delete_product DeleteProduct "deleteProduct" "Delete Product" Delete "DELETE" "/products/{id}" "product" {
        need text id "id" "ID" = ID;
    }
}
