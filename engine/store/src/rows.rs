//! Rows as columns: statements that take arrays want one array for each column.

/// Declares a row and its columns, in the order of the statement's parameters.
macro_rules! rows {
    ($(#[$row_meta:meta])* $row:ident, $(#[$rows_meta:meta])* $rows:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$row_meta])*
        #[derive(Debug, Clone)]
        pub struct $row {
            $($(#[$meta])* pub $field: $type,)*
        }

        $(#[$rows_meta])*
        #[derive(Debug, Default)]
        pub struct $rows {
            $($field: Vec<$type>,)*
        }

        #[allow(dead_code)]
        impl $rows {
            pub fn push(&mut self, row: $row) {
                $(self.$field.push(row.$field);)*
            }

            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            pub fn len(&self) -> usize {
                [$(self.$field.len()),*][0]
            }

            fn parameters(&self) -> Vec<&(dyn tokio_postgres::types::ToSql + Sync)> {
                vec![$(&self.$field as _),*]
            }

            /// Runs the statement with these rows; without rows it is not sent at all.
            async fn run(
                &self,
                session: &crate::Session,
                statement: &'static crate::statement::Statement,
            ) -> crate::Result<Vec<tokio_postgres::Row>> {
                if self.is_empty() {
                    return Ok(Vec::new());
                }
                session.query(statement, &self.parameters()).await
            }
        }
    };
}

pub(crate) use rows;
