//! What people are called: given and family names from many places. Any likeness to a real person is chance.

use super::rng::Rng;

struct Culture {
    given: [&'static str; 24],
    family: [&'static str; 24],
}

const CULTURES: [Culture; 12] = [
    Culture {
        given: ["Anna", "Lukas", "Katharina", "Jonas", "Ursula", "Matthias", "Lena", "Jürgen", "Heike", "Felix", "Sabine", "Tobias", "Greta", "Björn", "Frieda", "Stefan", "Claudia", "Moritz", "Petra", "Holger", "Mareike", "Uwe", "Antje", "Niklas"],
        family: ["Müller", "Schäfer", "Weiß", "Vogel", "Brandt", "Köhler", "Jansen", "Lindner", "Böhm", "Krämer", "Seidel", "Horn", "Busch", "Ziegler", "Pohl", "Arnold", "Wendt", "Keller", "Ott", "Frank", "Behrens", "Lorenz", "Thiel", "Döring"],
    },
    Culture {
        given: ["Emily", "James", "Grace", "Daniel", "Hannah", "Marcus", "Chloe", "Ryan", "Megan", "Tyler", "Abigail", "Nathan", "Brianna", "Owen", "Heather", "Caleb", "Denise", "Trevor", "Whitney", "Derek", "Paige", "Wesley", "Holly", "Curtis"],
        family: ["Carter", "Hughes", "Bennett", "Foster", "O'Brien", "Walsh", "Murphy", "Reed", "Coleman", "Hayes", "Fletcher", "Palmer", "Barnes", "Whitaker", "Doyle", "Sutton", "Pearce", "Lowe", "Chambers", "Watts", "Griffin", "Barker", "Monroe", "Ellison"],
    },
    Culture {
        given: ["Priya", "Arjun", "Ananya", "Rohan", "Kavya", "Vikram", "Meera", "Sanjay", "Divya", "Rahul", "Lakshmi", "Karthik", "Nisha", "Aditya", "Pooja", "Suresh", "Deepa", "Manoj", "Shreya", "Naveen", "Anjali", "Harish", "Ritu", "Ganesh"],
        family: ["Sharma", "Patel", "Iyer", "Reddy", "Nair", "Gupta", "Menon", "Rao", "Chatterjee", "Desai", "Krishnan", "Joshi", "Banerjee", "Kulkarni", "Pillai", "Verma", "Bhat", "Malhotra", "Hegde", "Sinha", "Naidu", "Shetty", "Kapoor", "Ghosh"],
    },
    Culture {
        given: ["Zofia", "Łukasz", "Agnieszka", "Paweł", "Katarzyna", "Michał", "Magdalena", "Tomasz", "Joanna", "Krzysztof", "Ewa", "Marcin", "Małgorzata", "Grzegorz", "Beata", "Rafał", "Dorota", "Wojciech", "Karolina", "Piotr", "Alicja", "Jacek", "Monika", "Adam"],
        family: ["Nowak", "Kowalczyk", "Wiśniewska", "Wójcik", "Kamińska", "Zieliński", "Dąbrowska", "Szymański", "Woźniak", "Jankowska", "Mazur", "Krawczyk", "Piotrowska", "Grabowski", "Pawlak", "Michalska", "Król", "Wieczorek", "Wróbel", "Stępień", "Adamczyk", "Duda", "Sikora", "Baran"],
    },
    Culture {
        given: ["Camille", "Hugo", "Élodie", "Thomas", "Manon", "Antoine", "Chloé", "Julien", "Léa", "Mathieu", "Aurélie", "Nicolas", "Sophie", "François", "Céline", "Guillaume", "Margaux", "Benoît", "Inès", "Rémi", "Pauline", "Olivier", "Juliette", "Cédric"],
        family: ["Martin", "Lefèvre", "Moreau", "Girard", "Roux", "Fontaine", "Chevalier", "Gauthier", "Mercier", "Lambert", "Bonnet", "Faure", "Rousseau", "Blanchard", "Guérin", "Morel", "Garnier", "Leclerc", "Perrin", "Renaud", "Dumas", "Barbier", "Colin", "Marchand"],
    },
    Culture {
        given: ["Sofía", "Diego", "Valentina", "Alejandro", "Camila", "Javier", "Lucía", "Carlos", "María", "Andrés", "Gabriela", "Fernando", "Ximena", "Rodrigo", "Paola", "Héctor", "Daniela", "Raúl", "Mariana", "Óscar", "Elena", "Tomás", "Renata", "Iván"],
        family: ["García", "Hernández", "Martínez", "López", "Ramírez", "Torres", "Flores", "Vargas", "Castillo", "Núñez", "Ortega", "Mendoza", "Guerrero", "Salazar", "Peña", "Cárdenas", "Fuentes", "Rojas", "Aguilar", "Ibáñez", "Navarro", "Soto", "Paredes", "Cortés"],
    },
    Culture {
        given: ["Mei", "Wei", "Xiu Ying", "Jun", "Li Na", "Hao", "Fang", "Ming", "Yan", "Tao", "Hui", "Bo", "Jing", "Lei", "Qing", "Chen", "Ping", "Kai", "Xue", "Feng", "Yu", "Long", "Shan", "Zhi"],
        family: ["Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Huang", "Zhao", "Wu", "Zhou", "Xu", "Sun", "Ma", "Zhu", "Hu", "Guo", "He", "Lin", "Gao", "Luo", "Zheng", "Tan", "Lim", "Ong"],
    },
    Culture {
        given: ["Yuki", "Haruto", "Sakura", "Ren", "Aoi", "Kenji", "Hina", "Takumi", "Naoko", "Daiki", "Misaki", "Kaito", "Ayumi", "Shota", "Emi", "Ryo", "Keiko", "Hiroshi", "Nanami", "Satoshi", "Mio", "Kazuki", "Reiko", "Tsubasa"],
        family: ["Sato", "Suzuki", "Takahashi", "Tanaka", "Watanabe", "Ito", "Yamamoto", "Nakamura", "Kobayashi", "Kato", "Yoshida", "Yamada", "Sasaki", "Matsumoto", "Inoue", "Kimura", "Hayashi", "Shimizu", "Mori", "Ikeda", "Hashimoto", "Ishikawa", "Ogawa", "Fujita"],
    },
    Culture {
        given: ["Beatriz", "João", "Larissa", "Pedro", "Juliana", "Thiago", "Fernanda", "Lucas", "Isabela", "Mateus", "Letícia", "Gustavo", "Bruna", "Rafael", "Débora", "Vinícius", "Patrícia", "Leandro", "Tainá", "Caio", "Luana", "Antônio", "Vitória", "Murilo"],
        family: ["Silva", "Santos", "Oliveira", "Souza", "Lima", "Pereira", "Ferreira", "Costa", "Almeida", "Gonçalves", "Ribeiro", "Carvalho", "Araújo", "Barbosa", "Rocha", "Dias", "Moreira", "Cavalcanti", "Teixeira", "Correia", "Monteiro", "Freitas", "Batista", "Magalhães"],
    },
    Culture {
        given: ["Amina", "Kwame", "Ngozi", "Chinedu", "Wanjiru", "Otieno", "Fatou", "Sipho", "Adaeze", "Tunde", "Njeri", "Kofi", "Zanele", "Emeka", "Makena", "Themba", "Abena", "Musa", "Ifeoma", "Juma", "Thandi", "Yaw", "Halima", "Baraka"],
        family: ["Okafor", "Mwangi", "Mensah", "Dlamini", "Adeyemi", "Kamau", "Nkosi", "Eze", "Owusu", "Wanjala", "Balogun", "Mutua", "Ndlovu", "Asante", "Okonkwo", "Kimani", "Sow", "Odhiambo", "Boateng", "Abubakar", "Mokoena", "Njoroge", "Chukwu", "Diallo"],
    },
    Culture {
        given: ["Leila", "Omar", "Yasmin", "Karim", "Noor", "Tariq", "Salma", "Hassan", "Rania", "Samir", "Dina", "Khalid", "Zeynep", "Mehmet", "Elif", "Emre", "Shirin", "Dariush", "Maryam", "Faisal", "Ayşe", "Burak", "Huda", "Nabil"],
        family: ["Haddad", "Mansour", "Khoury", "Aziz", "Rahman", "Nasser", "Yılmaz", "Demir", "Şahin", "Kaya", "Hosseini", "Karimi", "Saleh", "Farouk", "Bakr", "Çelik", "Aydın", "Tehrani", "Sayegh", "Qureshi", "Siddiqui", "Jaber", "Öztürk", "Moradi"],
    },
    Culture {
        given: ["Ingrid", "Lars", "Astrid", "Mikkel", "Freja", "Søren", "Sanna", "Eero", "Aino", "Magnus", "Liv", "Håkon", "Maja", "Gustav", "Sigrid", "Oskar", "Tuuli", "Anders", "Elsa", "Viktor", "Ida", "Jesper", "Kirsten", "Pekka"],
        family: ["Hansen", "Lindqvist", "Nielsen", "Virtanen", "Johansson", "Sørensen", "Korhonen", "Berg", "Dahl", "Nyström", "Mäkinen", "Holm", "Andersen", "Sjöberg", "Lund", "Åkesson", "Haugen", "Laine", "Ekström", "Madsen", "Solberg", "Heikkinen", "Friis", "Moen"],
    },
];

/// A given and a family name. Most people's come from one place, some people's from two.
pub(super) fn name(rng: &mut Rng) -> (&'static str, &'static str) {
    let given = rng.place(CULTURES.len());
    let family = if rng.percent(12) { rng.place(CULTURES.len()) } else { given };
    let of = |at: usize| CULTURES.get(at);
    (
        of(given).map_or("", |c| rng.word(&c.given)),
        of(family).map_or("", |c| rng.word(&c.family)),
    )
}

/// A name as the first part of an e-mail address: `françois`, `O'Brien` are `francois`, `obrien`.
pub(super) fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        out.push_str(match letter {
            'ä' | 'æ' => "ae",
            'ö' | 'ø' => "oe",
            'ü' => "ue",
            'ß' => "ss",
            'å' | 'á' | 'ã' | 'â' | 'à' | 'ą' => "a",
            'é' | 'è' | 'ê' | 'ë' | 'ę' => "e",
            'í' | 'î' | 'ı' | 'ï' => "i",
            'ó' | 'õ' | 'ô' => "o",
            'ú' | 'û' => "u",
            'ç' | 'ć' => "c",
            'ñ' | 'ń' => "n",
            'ł' => "l",
            'ś' | 'ş' => "s",
            'ź' | 'ż' => "z",
            'ğ' => "g",
            other => {
                if other.is_ascii_alphanumeric() {
                    out.push(other);
                }
                continue;
            }
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_an_address() {
        assert_eq!(plain("François"), "francois");
        assert_eq!(plain("O'Brien"), "obrien");
        for culture in &CULTURES {
            for name in culture.given.iter().chain(&culture.family) {
                let letters = name.chars().filter(|c| c.is_alphabetic()).count();
                assert!(plain(name).len() >= letters, "{name} lost letters: {}", plain(name));
            }
        }
    }
}
