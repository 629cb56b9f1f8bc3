use http::Method;

use super::limits::Class;
use super::options::Permission;
use super::problem::Problem;
use crate::request::Request;

/// One of the vendor's operations that the fake knows.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) endpoint: Endpoint,
    method: Method,
    template: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    CreateContact,
    CreateField,
    CreateNote,
    CreateReply,
    CreateTicket,
    DeleteContact,
    DeleteConversation,
    DeleteTicket,
    ListAdminFields,
    ListAgents,
    ListContacts,
    ListConversations,
    ListFields,
    ListTickets,
    RestoreContact,
    RestoreTicket,
    SearchContacts,
    SearchTickets,
    ShowAgent,
    ShowArchived,
    ShowContact,
    ShowMe,
    ShowTicket,
    UpdateContact,
    UpdateConversation,
    UpdateTicket,
}

impl Endpoint {
    /// What an agent needs for it.
    pub(super) fn permission(self) -> Option<Permission> {
        match self {
            Self::ListFields | Self::ShowMe => None,
            Self::CreateNote
            | Self::CreateReply
            | Self::DeleteConversation
            | Self::UpdateConversation => Some(Permission::AddNotes),
            Self::CreateTicket => Some(Permission::CreateTickets),
            Self::DeleteTicket | Self::RestoreTicket => Some(Permission::DeleteTickets),
            Self::CreateContact
            | Self::DeleteContact
            | Self::RestoreContact
            | Self::UpdateContact => Some(Permission::EditContacts),
            Self::UpdateTicket => Some(Permission::EditTickets),
            Self::CreateField | Self::ListAdminFields => Some(Permission::ManageFields),
            Self::ListAgents | Self::ShowAgent => Some(Permission::ViewAgents),
            Self::ListContacts | Self::SearchContacts | Self::ShowContact => {
                Some(Permission::ViewContacts)
            }
            Self::ListConversations
            | Self::ListTickets
            | Self::SearchTickets
            | Self::ShowArchived
            | Self::ShowTicket => Some(Permission::ViewTickets),
        }
    }

    /// The limit below the account's that it counts against.
    pub(super) fn class(self) -> Option<Class> {
        match self {
            Self::CreateTicket => Some(Class::TicketCreates),
            Self::ListContacts => Some(Class::ContactLists),
            Self::ListTickets => Some(Class::TicketLists),
            Self::UpdateTicket => Some(Class::TicketUpdates),
            _ => None,
        }
    }

    /// What each part of `include` costs.
    pub(super) fn include_credits(self) -> u32 {
        match self {
            Self::ListTickets => 2,
            _ => 1,
        }
    }
}

macro_rules! routes {
    ($($method:ident $template:literal $endpoint:ident,)*) => {
        &[$(Route {
            endpoint: Endpoint::$endpoint,
            method: Method::$method,
            template: $template,
        }),*]
    };
}

/// Fixed segments stand before `{id}`: the first match wins.
const ROUTES: &[Route] = routes![
    GET "/api/v2/admin/ticket_fields" ListAdminFields,
    POST "/api/v2/admin/ticket_fields" CreateField,
    GET "/api/v2/agents" ListAgents,
    GET "/api/v2/agents/me" ShowMe,
    GET "/api/v2/agents/{id}" ShowAgent,
    GET "/api/v2/contacts" ListContacts,
    POST "/api/v2/contacts" CreateContact,
    GET "/api/v2/contacts/{id}" ShowContact,
    PUT "/api/v2/contacts/{id}" UpdateContact,
    DELETE "/api/v2/contacts/{id}" DeleteContact,
    PUT "/api/v2/contacts/{id}/restore" RestoreContact,
    PUT "/api/v2/conversations/{id}" UpdateConversation,
    DELETE "/api/v2/conversations/{id}" DeleteConversation,
    GET "/api/v2/search/contacts" SearchContacts,
    GET "/api/v2/search/tickets" SearchTickets,
    GET "/api/v2/ticket_fields" ListFields,
    GET "/api/v2/tickets" ListTickets,
    POST "/api/v2/tickets" CreateTicket,
    GET "/api/v2/tickets/archived/{id}" ShowArchived,
    GET "/api/v2/tickets/{id}" ShowTicket,
    PUT "/api/v2/tickets/{id}" UpdateTicket,
    DELETE "/api/v2/tickets/{id}" DeleteTicket,
    GET "/api/v2/tickets/{id}/conversations" ListConversations,
    POST "/api/v2/tickets/{id}/notes" CreateNote,
    POST "/api/v2/tickets/{id}/reply" CreateReply,
    PUT "/api/v2/tickets/{id}/restore" RestoreTicket,
];

impl Route {
    /// The route of a request: 404 for a path that none has, 405 for a verb that its path has not.
    pub(super) fn find(request: &Request) -> Result<&'static Self, Problem> {
        let of_path: Vec<_> = ROUTES
            .iter()
            .filter(|route| matches(route.template, &request.path))
            .collect();
        let Some(first) = of_path.first() else {
            return Err(Problem::not_found());
        };
        let of_template = || {
            of_path
                .iter()
                .filter(|route| route.template == first.template)
        };
        let found = of_template().find(|route| route.method == request.method);
        found.copied().ok_or_else(|| {
            let allowed: Vec<_> = of_template().map(|route| &route.method).collect();
            Problem::not_allowed(&allowed)
        })
    }

    /// The name under which requests are counted.
    pub(super) fn operation(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// The `{id}` of the path.
    pub(super) fn id(&self, request: &Request) -> Result<u64, Problem> {
        let segments = self.template.split('/').zip(request.path.split('/'));
        let id = segments
            .filter(|(template, _)| *template == "{id}")
            .find_map(|(_, segment)| segment.parse().ok());
        id.ok_or_else(Problem::not_found)
    }
}

fn matches(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    template.split('/').all(|expected| {
        segments
            .next()
            .is_some_and(|segment| expected == "{id}" || expected == segment)
    }) && segments.next().is_none()
}
