//! Where the company works and how it is divided.

/// A site.
pub(super) struct Place {
    pub name: &'static str,
    pub region: &'static str,
    pub city: &'static str,
    pub state: &'static str,
    pub country: &'static str,
    pub street: &'static str,
    pub postal_code: &'static str,
    pub time_zone: &'static str,
    /// Of its telephones, before the reserved 555-01xx.
    pub area: &'static str,
    /// Of its machines' names.
    pub code: &'static str,
}

#[expect(clippy::too_many_arguments, reason = "a row of the table below")]
const fn place(
    name: &'static str,
    region: &'static str,
    city: &'static str,
    state: &'static str,
    country: &'static str,
    street: &'static str,
    postal_code: &'static str,
    time_zone: &'static str,
    area: &'static str,
    code: &'static str,
) -> Place {
    Place { name, region, city, state, country, street, postal_code, time_zone, area, code }
}

pub(super) const REGIONS: [(&str, &str); 5] = [
    ("Europe", "Offices and plants in Europe"),
    ("North America", "United States, Canada and Mexico"),
    ("South America", "Brazil"),
    ("Asia Pacific", "India, Japan, Singapore and Australia"),
    ("Africa", "Offices in Africa"),
];

/// The most important first: a small company has only the first few.
pub(super) const PLACES: [Place; 14] = [
    place("Headquarters Berlin", "Europe", "Berlin", "Berlin", "Germany", "Musterallee 18", "10115", "Europe/Berlin", "+49 30 555-01", "BER"),
    place("Chicago Office", "North America", "Chicago", "Illinois", "United States", "400 Example Avenue", "60601", "America/Chicago", "+1 312-555-01", "CHI"),
    place("Bengaluru Campus", "Asia Pacific", "Bengaluru", "Karnataka", "India", "Model Road 77", "560001", "Asia/Kolkata", "+91 80 555-01", "BLR"),
    place("Gdańsk Plant", "Europe", "Gdańsk", "Pomerania", "Poland", "ul. Przykładowa 5", "80-001", "Europe/Warsaw", "+48 58 555-01", "GDN"),
    place("Lyon Office", "Europe", "Lyon", "Auvergne-Rhône-Alpes", "France", "12 rue de l'Exemple", "69001", "Europe/Paris", "+33 4 555-01", "LYS"),
    place("Monterrey Plant", "North America", "Monterrey", "Nuevo León", "Mexico", "Avenida Ejemplo 230", "64000", "America/Monterrey", "+52 81 555-01", "MTY"),
    place("Singapore Office", "Asia Pacific", "Singapore", "", "Singapore", "8 Sample Quay", "049315", "Asia/Singapore", "+65 555-01", "SIN"),
    place("São Paulo Office", "South America", "São Paulo", "São Paulo", "Brazil", "Rua do Exemplo 45", "01000-000", "America/Sao_Paulo", "+55 11 555-01", "SAO"),
    place("Osaka Office", "Asia Pacific", "Osaka", "Osaka", "Japan", "Mihon-cho 2-4-1", "530-0001", "Asia/Tokyo", "+81 6 555-01", "OSA"),
    place("Toronto Office", "North America", "Toronto", "Ontario", "Canada", "55 Specimen Street", "M5H 0A1", "America/Toronto", "+1 416-555-01", "TOR"),
    place("Nairobi Office", "Africa", "Nairobi", "Nairobi", "Kenya", "Mfano Lane 9", "00100", "Africa/Nairobi", "+254 20 555-01", "NBO"),
    place("Bristol Warehouse", "Europe", "Bristol", "England", "United Kingdom", "3 Example Wharf", "BS1 0AA", "Europe/London", "+44 117 555-01", "BRS"),
    place("Melbourne Office", "Asia Pacific", "Melbourne", "Victoria", "Australia", "201 Sample Parade", "3000", "Australia/Melbourne", "+61 3 555-01", "MEL"),
    place("Lagos Office", "Africa", "Lagos", "Lagos", "Nigeria", "14 Specimen Close", "100001", "Africa/Lagos", "+234 1 555-01", "LOS"),
];

/// A department, what people do there, and how many of a hundred people.
pub(super) struct Trade {
    pub name: &'static str,
    pub head: &'static str,
    pub jobs: &'static [&'static str],
    pub share: i64,
    /// Whether only the headquarters has it.
    pub central: bool,
}

pub(super) const IT: usize = 13;

pub(super) const TRADES: [Trade; 14] = [
    Trade { name: "Sales", head: "Head of Sales", jobs: &["Account Manager", "Sales Representative", "Key Account Manager", "Sales Assistant", "Inside Sales Specialist"], share: 15, central: false },
    Trade { name: "Production", head: "Plant Manager", jobs: &["Machine Operator", "Shift Supervisor", "Production Planner", "Process Technician", "Assembler"], share: 18, central: false },
    Trade { name: "Logistics", head: "Head of Logistics", jobs: &["Warehouse Clerk", "Dispatcher", "Supply Chain Analyst", "Forklift Driver", "Customs Specialist"], share: 10, central: false },
    Trade { name: "Customer Service", head: "Head of Customer Service", jobs: &["Customer Service Agent", "Service Coordinator", "Field Engineer", "Complaints Manager"], share: 11, central: false },
    Trade { name: "Engineering", head: "Chief Engineer", jobs: &["Design Engineer", "Test Engineer", "CAD Specialist", "Electrical Engineer", "Project Engineer"], share: 12, central: false },
    Trade { name: "Finance", head: "Chief Financial Officer", jobs: &["Accountant", "Accounts Payable Clerk", "Financial Controller", "Treasury Analyst", "Payroll Specialist"], share: 7, central: true },
    Trade { name: "Human Resources", head: "Head of Human Resources", jobs: &["HR Business Partner", "Recruiter", "HR Assistant", "Training Coordinator"], share: 4, central: true },
    Trade { name: "Marketing", head: "Head of Marketing", jobs: &["Marketing Manager", "Graphic Designer", "Content Editor", "Event Planner"], share: 5, central: true },
    Trade { name: "Purchasing", head: "Head of Purchasing", jobs: &["Buyer", "Strategic Buyer", "Purchasing Assistant"], share: 4, central: true },
    Trade { name: "Research and Development", head: "Chief Technology Officer", jobs: &["Software Developer", "Research Scientist", "Data Analyst", "Laboratory Technician"], share: 6, central: true },
    Trade { name: "Quality", head: "Head of Quality", jobs: &["Quality Inspector", "Quality Engineer", "Auditor"], share: 4, central: false },
    Trade { name: "Legal", head: "General Counsel", jobs: &["Legal Counsel", "Compliance Officer", "Paralegal"], share: 2, central: true },
    Trade { name: "Facilities", head: "Facility Manager", jobs: &["Caretaker", "Receptionist", "Security Guard"], share: 2, central: false },
    Trade { name: "Information Technology", head: "Chief Information Officer", jobs: &["Support Specialist", "Systems Administrator", "Network Engineer", "Application Manager", "Security Analyst"], share: 3, central: true },
];
