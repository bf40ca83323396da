//! The way back into a desk that nobody can administer any more.

use crate::records::{Place, patch_of};
use crate::users::roles;
use crate::{Desk, DeskError};
use model::{Change, Id, RefInput, Value};

impl Desk {
    /// Makes a user an active technician with the role of administrators. Not for calls: whoever may run the
    /// program on the desk's machine may do it.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when there is no such user.
    pub async fn restore_administrator(&self, user: Id) -> Result<(), DeskError> {
        let place = Place::top(self.snapshot().module("user")?.clone());
        let role = RefInput { id: Some(roles::ADMINISTRATOR), ..RefInput::default() };
        let changes = vec![
            ("inactive", Change::Value(Value::Bool(false))),
            ("is_technician", Change::Value(Value::Bool(true))),
            ("role", Change::Ref(role)),
        ];
        let patch = patch_of(&place.module, changes);
        self.edit(&self.job_context(), &place, user, &patch).await.map(drop)
    }
}
